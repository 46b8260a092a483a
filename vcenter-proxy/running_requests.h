// SPDX-License-Identifier: Apache-2.0
// The requests that run, at endpoints that were removed meanwhile as well: whatever takes something
// away (a switch, another policy, a window, the end of a key or of an endpoint) finds them here.
//
// Loop thread only. Whoever is cut is broken off visibly on both sides, whatever he waits for.
#pragma once

#include "vcenter-proxy/client_side.h"
#include "vcenter-proxy/endpoint/endpoint.h"

#include <functional>
#include <map>
#include <optional>

namespace pcg::proxy {

class RunningRequests {
  public:
    RunningRequests() = default;
    RunningRequests(const RunningRequests&) = delete;
    RunningRequests& operator=(const RunningRequests&) = delete;

    // In reach for as long as it lives; it must not outlive this, nor client and endpoint it.
    class Place {
      public:
        Place(RunningRequests& all, ClientSide& client, const Endpoint& endpoint)
            : all_(all.requests_), client_(client) {
            all_.emplace(&client_, &endpoint);
        }

        ~Place() { all_.erase(&client_); }

        Place(const Place&) = delete;
        Place& operator=(const Place&) = delete;

      private:
        std::map<ClientSide*, const Endpoint*>& all_;
        ClientSide& client_;
    };

    void cutAll(const Error& why);
    void cutWhatChanges(const Error& why);
    void cutOf(const wire::AccessKeyId& key, const Error& why);
    void cutAt(const Endpoint& endpoint, const Error& why);

    // What the windows of its rules, or the end of its key, do not let go on.
    void cutWhatIsOver(WallTime now);

    // What the policy refuses as it is now.
    void judgeAgain();

  private:
    // Nothing: it goes on.
    using Why = std::function<std::optional<Error>(const ClientSide&, const Endpoint&)>;

    void cutIf(const Why& why);

    std::map<ClientSide*, const Endpoint*> requests_;
};

}  // namespace pcg::proxy
