// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/endpoint/maas/authorize.h"

#include "vcenter-proxy/endpoint/maas/rules.h"
#include "vcenter-proxy/errc.h"

#include <algorithm>

namespace pcg::proxy::maas {
namespace {

std::string wishText(const Wish& wish) {
    return std::string(wish.method) + " " + std::string(wish.below) +
           (wish.op.empty() ? "" : " op=" + std::string(wish.op));
}

tl::unexpected<Error> refusal(Answer answer, const Wish& wish, const Target& target, Role role) {
    switch (answer) {
        case Answer::NoSuchPath:
            return fail(errc::kUnknownPath, "Unknown API endpoint: " + target.path + ".");
        case Answer::NoSuchMethod:
            return fail(errc::kUnknownMethod, methodsAt(wish.below));
        case Answer::NoSuchOperation:
            return fail(errc::kUnknownOperation,
                        "Unrecognised signature: method=" + std::string(wish.method) +
                            " op=" + (wish.op.empty() ? "None" : std::string(wish.op)));
        default:
            return fail(errc::kMethodDenied,
                        wishText(wish) + " is not open to the role '" +
                            std::string(roleName(role)) + "' of this access key");
    }
}

}  // namespace

Result<AuthorizedCall> authorizeOpen(std::string_view method, Target target) {
    if (target.door != Door::Open || (method != "GET" && method != "HEAD")) {
        return fail(errc::kUnknownMethod, "GET");
    }
    return AuthorizedCall(std::move(target), Form());
}

Result<AuthorizedCall> authorize(const EndpointPolicy& policy,
                                 const Principal& principal,
                                 std::string_view method,
                                 Target target,
                                 Form form) {
    const std::string op = PCG_TRY(operationOf(target, form));
    const Wish wish{method, target.below, op};
    const auto role = std::min(principal.role, policy.ceiling);
    const auto& refused = policy.denied_methods;
    if (!op.empty() && std::find(refused.begin(), refused.end(), op) != refused.end()) {
        return fail(errc::kMethodDenied, op + " is switched off for this endpoint");
    }
    // What a PUT changes may stand in its query as well.
    auto arguments = form.parameters;
    arguments.insert(arguments.end(), target.parameters.begin(), target.parameters.end());
    const auto answer = judge(role, wish, arguments);
    if (answer != Answer::Allowed) return refusal(answer, wish, target, role);
    return AuthorizedCall(std::move(target), std::move(form));
}

}  // namespace pcg::proxy::maas
