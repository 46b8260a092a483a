// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/policy.h"

#include "vcenter-proxy/errc.h"
#include "vcenter-proxy/method_tables.h"
#include "vcenter-proxy/rest_rules.h"

#include <algorithm>

namespace pcg::proxy {
namespace {

Role effectiveRole(const Principal& principal, const EndpointPolicy& policy) {
    return std::min(principal.role, policy.ceiling);
}

bool fitsSurface(Surface surface, const SoapCall& call) {
    switch (surface) {
        case Surface::Soap:
            return call.name_space == kVimNamespace || call.name_space == kInternalVimNamespace;
        case Surface::Pbm:
            return call.name_space == kPbmNamespace;
        case Surface::Sms:
            return call.name_space == kSmsNamespace;
        case Surface::Vslm:
            return call.name_space == kVslmNamespace;
        case Surface::Vsan:
            return call.name_space == kVsanNamespace;
        default:
            return false;
    }
}

tl::unexpected<Error> notAuthenticated() {
    return fail(errc::kNotAuthenticated, "the session is not authenticated; log in first");
}

tl::unexpected<Error> denied(std::string_view what, Role role) {
    return fail(errc::kMethodDenied,
                std::string(what) + " is not open to the role '" + std::string(roleName(role)) +
                    "' of this access key");
}

}  // namespace

Result<AuthorizedRequest> Policy::authorizeCall(RequestTarget target,
                                                SoapCall call,
                                                std::optional<SessionUse> session) const {
    if (!fitsSurface(target.surface, call)) {
        return fail(errc::kBadEnvelope, "the call's namespace does not belong to this path");
    }
    if (methods::contains(methods::never(), call.method)) {
        return fail(errc::kMethodDenied, call.method + " is never open through the gateway");
    }
    const bool open = methods::isOpenToAll(call);
    if (!session && !open) return notAuthenticated();
    if (session) {
        const auto policy = source_.policyFor((*session)->principal.endpoint);
        const Role role = effectiveRole((*session)->principal, *policy);
        const auto& refused = policy->denied_methods;
        if (std::find(refused.begin(), refused.end(), call.method) != refused.end()) {
            return fail(errc::kMethodDenied, call.method + " is switched off for this endpoint");
        }
        if (!open && !methods::isAllowed(role, call)) return denied(call.method, role);
    }
    return AuthorizedRequest(std::move(target), std::move(call), std::move(session));
}

Result<AuthorizedRequest> Policy::authorizeRest(RequestTarget target,
                                                std::optional<SessionUse> session) const {
    const auto& call = *target.rest;
    if (!rest::isKnown(call)) {
        return fail(errc::kPathDenied, "this path is not open through the gateway");
    }
    if (call.isLogin()) return AuthorizedRequest(std::move(target), std::nullopt, std::nullopt);
    if (!session) return notAuthenticated();
    const auto policy = source_.policyFor((*session)->principal.endpoint);
    const Role role = effectiveRole((*session)->principal, *policy);
    if (!rest::isAllowed(role, call)) {
        const auto action = call.action.empty() ? std::string() : " with the action " + call.action;
        return denied(call.method + " of " + call.path + action, role);
    }
    return AuthorizedRequest(std::move(target), std::nullopt, std::move(session));
}

Result<> Policy::authorizeRestBody(const AuthorizedRequest& request,
                                   BytesView body,
                                   bool whole) const {
    const auto& session = request.session();
    const auto& call = request.target().rest;
    if (!session || !call || !rest::mayPull(*call)) return {};
    const auto policy = source_.policyFor((*session)->principal.endpoint);
    const Role role = effectiveRole((*session)->principal, *policy);
    if (role == Role::Full) return {};
    if (!whole) return fail(errc::kFormTooLarge, "the body of this call must fit into 64 KiB");
    const bool pulls = PCG_TRY(rest::pulls(body));
    if (pulls) return denied("letting the vCenter fetch a file from a URL", role);
    return {};
}

Result<AuthorizedRequest> Policy::authorizeTransfer(RequestTarget target,
                                                    SessionUse session) const {
    const auto policy = source_.policyFor(session->principal.endpoint);
    const Role role = effectiveRole(session->principal, *policy);
    if (role == Role::Inventory) return denied("moving a lease's disks", role);
    return AuthorizedRequest(std::move(target), std::nullopt, std::move(session));
}

Result<AuthorizedRequest> Policy::authorizeLibrary(RequestTarget target,
                                                   std::string_view http_method,
                                                   std::optional<SessionUse> session) const {
    if (!session) return notAuthenticated();
    const auto policy = source_.policyFor((*session)->principal.endpoint);
    const Role role = effectiveRole((*session)->principal, *policy);
    if (role == Role::Inventory) {
        return denied(std::string(http_method) + " of content library files", role);
    }
    return AuthorizedRequest(std::move(target), std::nullopt, std::move(session));
}

Result<AuthorizedRequest> Policy::authorizeFile(RequestTarget target,
                                                std::string_view http_method,
                                                std::optional<SessionUse> session) const {
    if (target.surface == Surface::Versions) {
        return AuthorizedRequest(std::move(target), std::nullopt, std::nullopt);
    }
    if (target.surface != Surface::Folder) {
        return fail(errc::kPathDenied, "this path is not open through the gateway");
    }
    if (!session) return notAuthenticated();
    const auto policy = source_.policyFor((*session)->principal.endpoint);
    const Role role = effectiveRole((*session)->principal, *policy);
    const std::string what = std::string(http_method) + " of datastore files";
    if (role == Role::Inventory) return denied(what, role);
    if (role == Role::Deploy) {
        const auto& prefix = policy->deploy_folder_prefix;
        if (prefix.empty()) return denied(what, role);
        if (!target.folder_path.starts_with(prefix)) {
            return denied(what + " outside /folder/" + prefix, role);
        }
    }
    return AuthorizedRequest(std::move(target), std::nullopt, std::move(session));
}

}  // namespace pcg::proxy
