// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/endpoint/maas/authorize.h"

#include "vcenter-proxy/endpoint/maas/rules.h"
#include "vcenter-proxy/errc.h"

#include <algorithm>

namespace pcg::proxy::maas {
namespace {

tl::unexpected<Error> refusal(Answer answer, const Wish& wish, const Target& target) {
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
                        std::string(wish.method) + " " + std::string(wish.below) +
                            " is never open through the gateway");
    }
}

}  // namespace

Result<AuthorizedCall> authorizeOpen(std::string_view method, Target target) {
    if (target.door != Door::Open || (method != "GET" && method != "HEAD")) {
        return fail(errc::kUnknownMethod, "GET");
    }
    return AuthorizedCall(std::move(target), Form());
}

policy::Ask askOf(std::string_view method,
                  const Target& target,
                  std::string_view op,
                  const Fields& fields) {
    policy::Ask ask;
    ask.door = policy::Door::Maas;
    ask.method = method;
    ask.path = target.below;
    ask.op = op;
    ask.fields = &fields.read;
    ask.unread_fields = &fields.unread;
    return ask;
}

Fields fieldsOf(std::string_view method, const Target& target, const Form& form) {
    Fields fields;
    const bool by_query = method == "GET" || method == "HEAD";
    const bool by_form = method == "POST" || method == "PUT";
    const auto add = [](const oauth::Parameters& parameters, policy::Fields& into) {
        for (const auto& one : parameters) {
            if (!oauth::isOAuthName(one.name)) into.emplace_back(one.name, one.value);
        }
    };
    add(form.parameters, by_form ? fields.read : fields.unread);
    add(target.parameters, by_query ? fields.read : fields.unread);
    return fields;
}

Result<AuthorizedCall> authorize(const EndpointPolicy& policy,
                                 const Principal& principal,
                                 std::string_view method,
                                 Target target,
                                 Form form,
                                 const Circumstances& circumstances) {
    const std::string op = PCG_TRY(operationOf(target, form));
    const Wish wish{method, target.below, op};
    const auto& refused = policy.denied_methods;
    if (!op.empty() && std::find(refused.begin(), refused.end(), op) != refused.end()) {
        return fail(errc::kMethodDenied, op + " is switched off for this endpoint");
    }
    // What a PUT changes may stand in its query as well.
    auto arguments = form.parameters;
    arguments.insert(arguments.end(), target.parameters.begin(), target.parameters.end());
    const auto answer = judge(Role::Full, wish, arguments);
    if (answer != Answer::Allowed) return refusal(answer, wish, target);
    const auto fields = policy.document ? fieldsOf(method, target, form) : Fields();
    PCG_TRY(proxy::judge(
        policy,
        principal,
        askOf(method, target, op, fields),
        [&](Role role) { return judge(role, wish, arguments) == Answer::Allowed; },
        circumstances));
    return AuthorizedCall(std::move(target), std::move(form));
}

}  // namespace pcg::proxy::maas
