// SPDX-License-Identifier: Apache-2.0
// What is done to tenants as a whole, over minutes rather than within a request: another key, and
// their removal. Both are begun durably and go on in the background, one bounded storage job after
// the other, also after a crash. Loop thread; await stop().
#pragma once

#include "controlplane-sim/fleet.h"
#include "controlplane-sim/observe/event_hub.h"
#include "controlplane-sim/tenant_care.h"

#include <functional>

namespace pcg::controlplane {

class TenantKeeper final : public TenantCare {
  public:
    struct Parts {
        net::Loop& loop;
        store::Worker& store;
        const Clock& clock;
        const PlatformAuthority& authority;
        Fleet& fleet;
        Budgets& budgets;
        EventHub& events;
    };

    explicit TenantKeeper(Parts parts);

    // Told of a tenant whose rows have just begun to go.
    void onLeave(std::function<void(const wire::TenantId&)> callback) {
        onLeave_ = std::move(callback);
    }

    net::Task<Result<>> rotateKey(wire::TenantId tenant) override;
    net::Task<Result<>> leave(wire::TenantId tenant) override;

    // Goes on with what an earlier run did not finish.
    void start();
    net::Task<void> stop();

  private:
    net::Task<void> run();
    net::Task<bool> step();
    net::Task<bool> bury();

    Parts parts_;
    std::function<void(const wire::TenantId&)> onLeave_;
    net::Timer wake_;
    http::Signal ended_;
    bool wanted_ = false;  // something was begun while the last round was running
    bool running_ = false;
    bool stopping_ = false;
};

}  // namespace pcg::controlplane
