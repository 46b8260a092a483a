// SPDX-License-Identifier: Apache-2.0
// The proof that the policy let a request through. forward() takes nothing else.
#pragma once

#include "vcenter-proxy/endpoint/request_target.h"
#include "vcenter-proxy/endpoint/soap_envelope.h"
#include "vcenter-proxy/session_table.h"

#include <optional>

namespace pcg::proxy {

class AuthorizedRequest {
  public:
    const RequestTarget& target() const { return target_; }

    // Of the SOAP surfaces only.
    const std::optional<SoapCall>& call() const { return call_; }

    // Nothing for what is open before login.
    const std::optional<SessionUse>& session() const { return session_; }

    // The policy has not seen what the call names: it decides when the call's last octet was read
    // (Policy::judgeArguments), before that octet is sent.
    bool needsArguments() const { return needs_arguments_; }

    bool isLogin() const { return isCall("Login"); }

    bool isRestLogin() const { return target_.rest && target_.rest->isLogin(); }

    bool isLogout() const { return isCall("Logout") || (target_.rest && target_.rest->isLogout()); }

  private:
    friend class Policy;

    AuthorizedRequest(RequestTarget target,
                      std::optional<SoapCall> call,
                      std::optional<SessionUse> session)
        : target_(std::move(target)), call_(std::move(call)), session_(std::move(session)) {}

    bool isCall(std::string_view method) const {
        return call_ && call_->name_space == kVimNamespace && call_->method == method;
    }

    RequestTarget target_;
    std::optional<SoapCall> call_;
    std::optional<SessionUse> session_;
    bool needs_arguments_ = false;
};

}  // namespace pcg::proxy
