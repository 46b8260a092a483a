// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/judge.h"

#include "vcenter-proxy/endpoint/maas/rules.h"
#include "vcenter-proxy/errc.h"
#include "vcenter-proxy/method_tables.h"
#include "vcenter-proxy/policy/known_methods.h"
#include "vcenter-proxy/rest_rules.h"

#include <algorithm>

namespace pcg::proxy {
namespace {

std::string_view namespaceOf(std::string_view method) {
    if (method.starts_with("Pbm")) return kPbmNamespace;
    if (methods::contains(policy::smsMethods(), method)) return kSmsNamespace;
    if (methods::contains(policy::vslmMethods(), method)) return kVslmNamespace;
    if (methods::contains(policy::vsanMethods(), method)) return kVsanNamespace;
    return kVimNamespace;
}

// What even the role full lacks.
std::vector<std::string_view> closedMethods() {
    std::vector<std::string_view> closed(methods::never().begin(), methods::never().end());
    for (const auto some : {policy::smsMethods(), policy::vslmMethods(), policy::vsanMethods()}) {
        for (const auto method : some) {
            const SoapCall call{std::string(namespaceOf(method)), std::string(method), {}};
            if (!methods::isAllowed(Role::Full, call)) closed.push_back(method);
        }
    }
    std::sort(closed.begin(), closed.end());
    return closed;
}

tl::unexpected<Error> deniedByRole(const policy::Ask& ask, Role role) {
    return fail(errc::kMethodDenied,
                nameOf(ask) + " is not open to the role '" + std::string(roleName(role)) +
                    "' of this access key");
}

tl::unexpected<Error> deniedByFile(const policy::Ask& ask, const policy::Decision& decision) {
    return fail(errc::kMethodDenied,
                nameOf(ask) + " is not open to this access key: " + decision.why + " (" +
                    decision.decidedBy() + ")");
}

Result<Verdict> judgeByFile(const EndpointPolicy& policy,
                            const Principal& principal,
                            const policy::Ask& ask,
                            const HasRole& has,
                            const Circumstances& circumstances) {
    const auto asker = askerOf(circumstances.endpoint, principal);
    const auto ceiling = policy.ceiling;
    const auto decision =
        policy::decide(*policy.document,
                       asker,
                       ask,
                       [&](policy::Builtin role) { return has(std::min(roleOf(role), ceiling)); },
                       {circumstances.now, circumstances.owns});
    if (decision.kind == policy::Decision::Kind::NeedsArguments) return Verdict::NeedsArguments;
    if (!decision.isAllowed()) return deniedByFile(ask, decision);
    if (circumstances.limit != nullptr)
        *circumstances.limit = policy::TimeLimit::of(decision, policy.document);
    return Verdict::Allowed;
}

}  // namespace

policy::Asker askerOf(std::string_view endpoint, const Principal& principal) {
    return {endpoint, principal.key.text(), builtinOf(principal.role), principal.file_role};
}

policy::Builtin builtinOf(Role role) {
    switch (role) {
        case Role::Inventory:
            return policy::Builtin::Inventory;
        case Role::Deploy:
            return policy::Builtin::Deploy;
        case Role::Full:
            return policy::Builtin::Full;
    }
    return policy::Builtin::Inventory;
}

Role roleOf(policy::Builtin role) {
    switch (role) {
        case policy::Builtin::Inventory:
            return Role::Inventory;
        case policy::Builtin::Deploy:
            return Role::Deploy;
        case policy::Builtin::Full:
            return Role::Full;
    }
    return Role::Inventory;
}

std::string nameOf(const policy::Ask& ask) {
    switch (ask.door) {
        case policy::Door::Soap:
            return std::string(ask.method);
        case policy::Door::Files:
            if (ask.path.starts_with("console/")) return "a console";
            if (ask.path.starts_with("guest/"))
                return std::string(ask.method) + " of guests' files";
            return std::string(ask.method) + (ask.path.starts_with("nfc/") ? " of a lease's disks"
                                              : ask.path.starts_with("cls/")
                                                  ? " of content library files"
                                                  : " of datastore files");
        case policy::Door::Tunnel:
            return "a tunnel to " + std::string(ask.path.substr(0, 128));
        case policy::Door::Rest:
        case policy::Door::Maas:
            break;
    }
    return std::string(ask.method) + " " + std::string(ask.path.substr(0, 128)) +
           (ask.op.empty() ? "" : " op=" + std::string(ask.op.substr(0, 64)));
}

Result<Verdict> judge(const EndpointPolicy& policy,
                      const Principal& principal,
                      const policy::Ask& ask,
                      const HasRole& has,
                      const Circumstances& circumstances) {
    if (policy.paused) {
        return fail(errc::kPaused,
                    "the data center's admin paused all access: " + *policy.paused +
                        "; nothing was done, try again later");
    }
    // A file that is only read is read by the roles that may read it: inventory has none of them.
    const bool reads = ask.door == policy::Door::Files ? ask.isReading() : has(Role::Inventory);
    if (policy.read_only && !reads && !policy::isAlwaysOpen(ask)) {
        return fail(errc::kReadOnly,
                    nameOf(ask) +
                        " is refused: the data center's admin switched this gateway to "
                        "read-only");
    }
    if (policy.document) return judgeByFile(policy, principal, ask, has, circumstances);
    if (!principal.file_role.empty() && !policy::isAlwaysOpen(ask)) {
        return fail(errc::kMethodDenied,
                    nameOf(ask) + " is not open to this access key: its role '" +
                        principal.file_role + "' is one of the policy file, and there is none");
    }
    const auto role = std::min(principal.role, policy.ceiling);
    if (!has(role)) return deniedByRole(ask, role);
    return Verdict::Allowed;
}

bool isFull(const EndpointPolicy& policy, const Principal& principal, std::string_view endpoint) {
    if (policy.ceiling != Role::Full) return false;
    if (!policy.document) return principal.file_role.empty() && principal.role == Role::Full;
    return policy::baseOf(*policy.document, askerOf(endpoint, principal)) == policy::Builtin::Full;
}

policy::Vocabulary policyVocabulary() {
    static const auto kClosed = closedMethods();
    policy::Vocabulary words;
    words.never = kClosed;
    for (const auto& rule : maas::rules()) words.maas.push_back({rule.path, rule.method, rule.ops});
    words.rest = rest::roots();
    return words;
}

bool builtinHas(Role role, const policy::Ask& ask) {
    switch (ask.door) {
        case policy::Door::Soap: {
            const SoapCall call{std::string(namespaceOf(ask.method)),
                                std::string(ask.method),
                                {std::string(ask.object_type), std::string(ask.object_id)}};
            return methods::isOpenToAll(call) || methods::isAllowed(role, call);
        }
        case policy::Door::Maas: {
            oauth::Parameters parameters;
            for (const auto* fields : {ask.fields, ask.unread_fields}) {
                if (fields == nullptr) continue;
                for (const auto& [name, value] : *fields) parameters.push_back({name, value});
            }
            const maas::Wish wish{ask.method, ask.path, ask.op};
            return maas::judge(role, wish, parameters) == maas::Answer::Allowed;
        }
        case policy::Door::Files:
            return role != Role::Inventory;
        case policy::Door::Tunnel:
            return role == Role::Full;
        case policy::Door::Rest: {
            constexpr std::string_view kApi = "/api/";
            const auto path = ask.path.starts_with(kApi) ? ask.path.substr(kApi.size()) : ask.path;
            const RestCall call{
                RestDoor::Api, std::string(ask.method), std::string(path), std::string(ask.op)};
            return rest::isAllowed(role, call);
        }
    }
    return false;
}

}  // namespace pcg::proxy
