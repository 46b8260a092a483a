// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/policy.h"

#include "vcenter-proxy/errc.h"
#include "vcenter-proxy/method_tables.h"
#include "vcenter-proxy/policy/datastore_text.h"
#include "vcenter-proxy/rest_rules.h"

#include <algorithm>

namespace pcg::proxy {
namespace {

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

policy::Ask askOf(const SoapCall& call, const policy::Arguments* arguments) {
    policy::Ask ask;
    ask.method = call.method;
    ask.object_type = call.object.type;
    ask.object_id = call.object.id;
    ask.arguments = arguments;
    return ask;
}

// Of dcPath and dsName, which were looked at before; the names may be escaped.
std::string_view queryOf(const RequestTarget& target) {
    const auto mark = target.target.find('?');
    return mark == std::string::npos ? std::string_view()
                                     : std::string_view(target.target).substr(mark + 1);
}

}  // namespace

Result<AuthorizedRequest> Policy::authorizeCall(RequestTarget target,
                                                SoapCall call,
                                                std::optional<SessionUse> session,
                                                const Circumstances& circumstances,
                                                const policy::Arguments* arguments) const {
    if (!fitsSurface(target.surface, call)) {
        return fail(errc::kBadEnvelope, "the call's namespace does not belong to this path");
    }
    if (methods::contains(methods::never(), call.method)) {
        return fail(errc::kMethodDenied, call.method + " is never open through the gateway");
    }
    const bool open = methods::isOpenToAll(call);
    if (!session && !open) return notAuthenticated();
    bool later = false;
    if (session) {
        const auto policy = source_.policyFor((*session)->principal.endpoint);
        const auto& refused = policy->denied_methods;
        if (std::find(refused.begin(), refused.end(), call.method) != refused.end()) {
            return fail(errc::kMethodDenied, call.method + " is switched off for this endpoint");
        }
        if (!open) {
            const auto verdict =
                PCG_TRY(judgeCall(call, (*session)->principal, circumstances, arguments));
            later = verdict == Verdict::NeedsArguments;
        }
    }
    AuthorizedRequest request(std::move(target), std::move(call), std::move(session));
    request.needs_arguments_ = later;
    return request;
}

Result<Verdict> Policy::judgeCall(const SoapCall& call,
                                  const Principal& principal,
                                  const Circumstances& circumstances,
                                  const policy::Arguments* arguments) const {
    const auto policy = source_.policyFor(principal.endpoint);
    const auto ask = askOf(call, arguments);
    const auto verdict = PCG_TRY(judge(
        *policy,
        principal,
        ask,
        [&](Role role) { return methods::isAllowed(role, call); },
        circumstances));
    const bool leaves = arguments != nullptr && arguments->elsewhere;
    if (leaves && !isFull(*policy, principal, circumstances.endpoint)) {
        return fail(errc::kMethodDenied,
                    call.method + " to another vCenter is for the role 'full' only");
    }
    if (verdict == Verdict::Allowed && arguments != nullptr) {
        source_.observe(askerOf(circumstances.endpoint, principal), ask);
    }
    return verdict;
}

Result<> Policy::judgeArguments(const SoapCall& call,
                                const Principal& principal,
                                const Circumstances& circumstances,
                                const policy::Arguments& arguments) const {
    PCG_TRY(judgeCall(call, principal, circumstances, &arguments));
    return {};
}

Result<> Policy::judgeHttp(const policy::Ask& ask,
                           const Principal& principal,
                           const HasRole& has,
                           const Circumstances& circumstances) const {
    const auto policy = source_.policyFor(principal.endpoint);
    PCG_TRY(judge(*policy, principal, ask, has, circumstances));
    source_.observe(askerOf(circumstances.endpoint, principal), ask);
    return {};
}

Result<AuthorizedRequest> Policy::authorizeRest(RequestTarget target,
                                                std::optional<SessionUse> session,
                                                const Circumstances& circumstances) const {
    const auto& call = *target.rest;
    if (!rest::isKnown(call)) {
        return fail(errc::kPathDenied, "this path is not open through the gateway");
    }
    if (call.isLogin()) return AuthorizedRequest(std::move(target), std::nullopt, std::nullopt);
    if (!session) return notAuthenticated();
    // Its own session is everybody's to look at and to end.
    if (!call.isSession()) {
        const std::string path = "/api/" + call.path;
        policy::Fields fields;
        if (!call.action.empty()) fields.emplace_back("action", call.action);
        policy::Ask ask;
        ask.door = policy::Door::Rest;
        ask.method = call.method;
        ask.path = path;
        ask.op = call.action;
        ask.fields = &fields;
        const auto has = [&](Role role) { return rest::isAllowed(role, call); };
        PCG_TRY(judgeHttp(ask, (*session)->principal, has, circumstances));
    }
    return AuthorizedRequest(std::move(target), std::nullopt, std::move(session));
}

Result<> Policy::authorizeRestBody(const AuthorizedRequest& request,
                                   BytesView body,
                                   bool whole,
                                   const Circumstances& circumstances) const {
    const auto& session = request.session();
    const auto& call = request.target().rest;
    if (!session || !call || !rest::mayPull(*call)) return {};
    const auto& principal = (*session)->principal;
    const auto policy = source_.policyFor(principal.endpoint);
    if (isFull(*policy, principal, circumstances.endpoint)) return {};
    if (!whole) return fail(errc::kFormTooLarge, "the body of this call must fit into 64 KiB");
    const bool pulls = PCG_TRY(rest::pulls(body));
    if (pulls) {
        return fail(errc::kMethodDenied,
                    "letting the vCenter fetch a file from a URL is for the role 'full' only, "
                    "which this access key has not at this endpoint");
    }
    return {};
}

Result<AuthorizedRequest> Policy::authorizeTransfer(RequestTarget target,
                                                    std::string_view http_method,
                                                    SessionUse session,
                                                    const Circumstances& circumstances) const {
    const bool is_disk = target.surface == Surface::Nfc;
    const bool is_console = target.surface == Surface::Console;
    const std::string path = (is_disk      ? "nfc/"
                              : is_console ? "console/"
                                           : "guest/") +
                             target.transfer_name;
    policy::Ask ask;
    ask.door = policy::Door::Files;
    // Whoever sits at a console changes what he likes.
    ask.method = is_console ? "PUT" : http_method;
    ask.path = path;
    const auto has = [&](Role role) {
        return is_disk ? role != Role::Inventory : role == Role::Full;
    };
    PCG_TRY(judgeHttp(ask, session->principal, has, circumstances));
    return AuthorizedRequest(std::move(target), std::nullopt, std::move(session));
}

// Not observed: no rule could say it.
Result<> Policy::authorizeTunnel(const TunnelTarget& target,
                                 const Principal& principal,
                                 const Circumstances& circumstances) const {
    const auto policy = source_.policyFor(principal.endpoint);
    const auto path = target.text();
    policy::Ask ask;
    ask.door = policy::Door::Tunnel;
    ask.method = "CONNECT";
    ask.path = path;
    const auto has = [](Role role) { return role == Role::Full; };
    PCG_TRY(judge(*policy, principal, ask, has, circumstances));
    return {};
}

Result<AuthorizedRequest> Policy::authorizeLibrary(RequestTarget target,
                                                   std::string_view http_method,
                                                   std::optional<SessionUse> session,
                                                   const Circumstances& circumstances) const {
    if (!session) return notAuthenticated();
    policy::Ask ask;
    ask.door = policy::Door::Files;
    ask.method = http_method;
    ask.path = target.folder_path;
    const auto has = [](Role role) { return role != Role::Inventory; };
    PCG_TRY(judgeHttp(ask, (*session)->principal, has, circumstances));
    return AuthorizedRequest(std::move(target), std::nullopt, std::move(session));
}

Result<AuthorizedRequest> Policy::authorizeFile(RequestTarget target,
                                                std::string_view http_method,
                                                std::optional<SessionUse> session,
                                                const Circumstances& circumstances) const {
    if (target.surface == Surface::Versions) {
        return AuthorizedRequest(std::move(target), std::nullopt, std::nullopt);
    }
    if (target.surface != Surface::Folder) {
        return fail(errc::kPathDenied, "this path is not open through the gateway");
    }
    if (!session) return notAuthenticated();
    const auto& principal = (*session)->principal;
    const auto policy = source_.policyFor(principal.endpoint);
    const auto* limits =
        policy->document ? policy->document->limitsOf(circumstances.endpoint) : nullptr;
    const auto& prefix = limits == nullptr ? policy->deploy_folder_prefix : limits->deploy_folder;
    const bool in_folder = !prefix.empty() && target.folder_path.starts_with(prefix);
    const auto datastore = policy::queryValue(queryOf(target), "dsName");
    const auto datacenter = policy::queryValue(queryOf(target), "dcPath");
    policy::Ask ask;
    ask.door = policy::Door::Files;
    ask.method = http_method;
    ask.path = target.folder_path;
    ask.datastore = datastore;
    ask.datacenter = datacenter;
    const auto has = [&](Role role) {
        return role == Role::Full || (role == Role::Deploy && in_folder);
    };
    const auto verdict = judge(*policy, principal, ask, has, circumstances);
    if (!verdict) {
        auto error = verdict.error();
        const bool elsewhere = error.is(errc::kMethodDenied) && principal.role == Role::Deploy &&
                               !in_folder && !prefix.empty() && !policy->document;
        if (!elsewhere) return fail(std::move(error));
        return fail(errc::kMethodDenied,
                    nameOf(ask) + " outside /folder/" + prefix +
                        " is not open to the role 'deploy' of this access key");
    }
    source_.observe(askerOf(circumstances.endpoint, principal), ask);
    return AuthorizedRequest(std::move(target), std::nullopt, std::move(session));
}

}  // namespace pcg::proxy
