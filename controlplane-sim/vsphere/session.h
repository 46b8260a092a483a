// SPDX-License-Identifier: Apache-2.0
// A client's session with one vCenter: logs in when it must (also again, when the vCenter forgot
// the session), sends an envelope, hands back the answer. One POST /sdk a call, over any
// http::Caller: to the vCenter it looks like every other client.
//
// Many coroutines may call at the same time. Loop thread only; owned by shared_ptr, because calls
// may outlive whoever started them.
#pragma once

#include "common/base/secret.h"
#include "common/http/client.h"
#include "controlplane-sim/vsphere/types.h"

#include <memory>
#include <string>

namespace pcg::controlplane::vsphere {

class Session {
  public:
    Session(net::Executor executor,
            std::shared_ptr<http::Caller> caller,
            std::string username,
            Secret password);
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    // Logged in, or why not: vsphere.invalid_login for good, anything else may pass.
    net::Task<Result<ServiceContent>> open();

    // One call. A vCenter that forgot the session executed nothing, so the call is made again,
    // once, after a new login.
    net::Task<Result<Bytes>> call(std::string envelope);

    // Ends the session at the vCenter, if there is one; a failure is nobody's concern.
    net::Task<void> close();

    // The vCenter said no to the credentials: another session needs others.
    bool refused() const { return refused_; }

  private:
    net::Task<Result<Bytes>> post(BytesView envelope);
    net::Task<Result<>> login(unsigned stale);
    net::Task<Result<>> loginNow();
    void keepCookie(const http::ResponseHead& head);

    std::shared_ptr<http::Caller> caller_;
    std::string username_;
    Secret password_;
    net::Timer loginOver_;  // never fires: what the end of a login wakes
    bool loggingIn_ = false;
    bool refused_ = false;
    unsigned generation_ = 0;  // of the login that cookie_ is from; 0 = none yet
    std::string cookie_;
    ServiceContent content_;
};

}  // namespace pcg::controlplane::vsphere
