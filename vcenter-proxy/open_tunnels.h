// SPDX-License-Identifier: Apache-2.0
// The tunnels of one endpoint from the moment that their key was good: counted, and cut when their
// place is not listed any more. What else ends them ends every request (running_requests.h). Loop
// thread only.
#pragma once

#include "common/base/error.h"
#include "common/wire/ids.h"
#include "vcenter-proxy/tunnel_rules.h"

#include <functional>
#include <memory>
#include <set>

namespace pcg::proxy {

class OpenTunnels {
  public:
    static constexpr std::size_t kMost = 256;
    static constexpr std::size_t kMostOfKey = 64;

    struct Tunnel {
        wire::AccessKeyId key;
        TunnelTarget target;
        std::function<void(const Error&)> cut;  // called at most once
    };

    OpenTunnels() = default;
    OpenTunnels(const OpenTunnels&) = delete;
    OpenTunnels& operator=(const OpenTunnels&) = delete;

    // A place for as long as it lives; it must not outlive this.
    class Place {
      public:
        Place(OpenTunnels& all, Tunnel tunnel) : all_(all), tunnel_(std::move(tunnel)) {
            all_.open_.insert(&tunnel_);
        }

        ~Place() { all_.open_.erase(&tunnel_); }

        Place(const Place&) = delete;
        Place& operator=(const Place&) = delete;

      private:
        OpenTunnels& all_;
        Tunnel tunnel_;
    };

    // errc::kBusy.
    Result<std::unique_ptr<Place>> enter(Tunnel tunnel);

    // Those whose place is not on the list any more.
    void cutOutside(const TunnelList& open);

    std::size_t size() const { return open_.size(); }

  private:
    std::set<Tunnel*> open_;
};

}  // namespace pcg::proxy
