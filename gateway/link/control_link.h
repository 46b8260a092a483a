// SPDX-License-Identifier: Apache-2.0
// The enrolled gateway's one outbound link: owns the bus and the control session on it, and knows
// in words how it stands. Made when enrolment ends or at start of an enrolled gateway; destroyed at
// unpair. Loop thread only; reconnects for ever by itself. Owns one thread ("bus-connect" of
// bus::NatsBus), ended by stop().
#pragma once

#include "gateway/link/control_session.h"
#include "gateway/link/link_credentials.h"

namespace pcg::gateway {

struct ControlLinkOptions {
    std::vector<net::Target> brokers;     // tried in turn
    std::vector<net::Target> tlsFirst;    // the same with TLS from the first octet on
    std::vector<net::Target> webSockets;  // and by WebSocket; at least one of all
    bus::Transport worked = bus::Transport::Nats;
    std::function<void(bus::Transport)> onTransport = {};
    ControlIdentity identity;
};

struct LinkView {
    bus::LinkStatus status;  // state, cause of the last failure, peer, TLS session, next attempt
    bool welcomed = false;   // the control plane has answered our hello
    std::optional<std::chrono::microseconds> roundTrip;
    std::uint64_t epoch = 0;

    // "up, 4.2 ms", "connecting: the broker at ... refused ...".
    std::string text() const;
};

class ControlLink {
  public:
    // `random` and `clock` must outlive the link.
    ControlLink(net::Loop& loop,
                std::shared_ptr<net::Dialer> dialer,
                ControlLinkOptions options,
                std::shared_ptr<LinkCredentials> credentials,
                Random& random,
                const Clock& clock,
                ControlSession::Events events);

    Result<> start();

    // Sends what was accepted, for so long at most, then closes for good.
    net::Task<void> stop(std::chrono::milliseconds drainLimit);

    // A renewed token: used by the next link. The broker ends the present one when its token
    // expires.
    void renewJwt(std::string userJwt) { credentials_->renew(std::move(userJwt)); }

    // At once, with the newest token; ends the streams that run over the present link.
    void reconnect(const std::string& why) { bus_.reconnectNow(why); }

    void uploadsChanged() { session_.uploadsChanged(); }

    void setInventory(Inventory inventory) { session_.setInventory(std::move(inventory)); }

    // For the tunnel. Lives as long as this.
    bus::Bus& bus() { return bus_; }

    LinkView view() const;

  private:
    std::shared_ptr<LinkCredentials> credentials_;
    bus::NatsBus bus_;
    ControlSession session_;
};

}  // namespace pcg::gateway
