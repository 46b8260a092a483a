// SPDX-License-Identifier: Apache-2.0
// GET /events: live news as server-sent events. A comment every 15 seconds keeps the connection and
// tells a dead one; then the caller's right is looked at again. After `reset` the stream ends: the
// client begins anew and asks for everything.
#pragma once

#include "controlplane-sim/observe/event_hub.h"
#include "controlplane-sim/rest/api_routes.h"

namespace pcg::controlplane::rest {

class EventsApi {
  public:
    EventsApi(EventHub& hub, const Authenticator& authenticator)
        : hub_(hub), authenticator_(authenticator) {}

    void addTo(ApiRoutes& routes);

    static constexpr std::chrono::seconds kHeartbeat{15};

  private:
    net::Task<Checked<>> stream(Call& call);

    EventHub& hub_;
    const Authenticator& authenticator_;
};

}  // namespace pcg::controlplane::rest
