// SPDX-License-Identifier: Apache-2.0
#include "gateway/link/control_link.h"

#include "gateway/console/pairing_status.h"

#include <cstdio>

namespace pcg::gateway {
namespace {

constexpr std::size_t kMaxPath = 250;  // what the control plane takes of it

bus::NatsBusOptions busOptions(const ControlLinkOptions& options,
                               const std::shared_ptr<LinkCredentials>& credentials) {
    bus::NatsBusOptions made;
    made.name = options.identity.gateway.text();
    if (!options.brokers.empty()) {
        made.broker = options.brokers.front();
        made.alternates.assign(options.brokers.begin() + 1, options.brokers.end());
    }
    made.tlsFirst = options.tlsFirst;
    made.webSockets = options.webSockets;
    made.worked = options.worked;
    made.onTransport = options.onTransport;
    made.inboxPrefix = wire::GatewaySubjects(options.identity.nkey).inboxPrefix();
    made.credentials = credentials;
    return made;
}

std::string milliseconds(std::chrono::microseconds duration) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f ms", static_cast<double>(duration.count()) / 1000.0);
    return text;
}

std::string withCause(const char* what, const bus::LinkStatus& status) {
    return status.lastFailure ? std::string(what) + ": " + status.lastFailure->message() : what;
}

// "direct to bus.example.com:4222 (203.0.113.7), TLSv1.3 TLS_AES_256_GCM_SHA384 (no proxy is
// configured)".
ControlIdentity withPath(ControlIdentity identity, const bus::NatsBus& bus) {
    identity.path = [&bus] {
        const auto status = bus.status();
        return sanitizeForConsole(status.way.text + " to " + status.peer +
                                      (status.session.empty() ? "" : ", " + status.session) +
                                      (status.way.why.empty() ? "" : " (" + status.way.why + ")"),
                                  kMaxPath);
    };
    return identity;
}

}  // namespace

std::string LinkView::text() const {
    switch (status.state) {
        case bus::LinkState::Up:
            if (!welcomed) return "up, the control plane has not answered yet";
            return roundTrip ? "up, " + milliseconds(*roundTrip) : "up";
        case bus::LinkState::Connecting:
            return withCause("connecting", status);
        case bus::LinkState::Down:
            return withCause("down", status);
        case bus::LinkState::Closed:
            return "closed";
    }
    return "closed";
}

ControlLink::ControlLink(net::Loop& loop,
                         std::shared_ptr<net::Dialer> dialer,
                         ControlLinkOptions options,
                         std::shared_ptr<LinkCredentials> credentials,
                         Random& random,
                         const Clock& clock,
                         ControlSession::Events events)
    : credentials_(std::move(credentials)),
      bus_(loop, std::move(dialer), busOptions(options, credentials_), random),
      session_(loop.get_executor(),
               bus_,
               withPath(std::move(options.identity), bus_),
               clock,
               std::move(events)) {}

Result<> ControlLink::start() {
    PCG_TRY(session_.start());
    bus_.start();
    return {};
}

net::Task<void> ControlLink::stop(std::chrono::milliseconds drainLimit) {
    return bus_.stop(drainLimit);
}

LinkView ControlLink::view() const {
    LinkView view;
    view.status = bus_.status();
    view.welcomed = session_.welcomed();
    view.roundTrip = session_.roundTrip();
    view.epoch = bus_.epoch();
    return view;
}

}  // namespace pcg::gateway
