// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/presence/connections.h"

#include "common/codec/json.h"
#include "common/log/log.h"

namespace pcg::controlplane {
namespace {

constexpr log::Logger kLog{"presence"};
constexpr ByteCount kMaxEvent = 64_KiB;

}  // namespace

Result<ConnectEvent> parseConnectEvent(BytesView payload) {
    const auto event = PCG_TRY(codec::json::parseObject(asText(payload), kMaxEvent));
    const auto& client = *PCG_TRY(event.object("client"));
    ConnectEvent connected;
    connected.user = PCG_TRY(client.string("user", 256));
    // A connection without an address (of the server itself) has none.
    connected.host = PCG_TRY(client.optionalString("host", 256)).value_or(std::string());
    return connected;
}

Result<> ConnectionWatch::start() {
    bus::SubscriptionHandlers handlers;
    handlers.onMessage = [this](const bus::Message& message) {
        const auto event = parseConnectEvent(message.payload);
        if (!event) {
            kLog.failure(log::Level::Debug, "presence.bad_connect_event", event.error());
            return;
        }
        onConnect_(*event);
    };
    subscription_ = PCG_TRY(system_.subscribe("$SYS.ACCOUNT.*.CONNECT", {}, std::move(handlers)));
    return {};
}

}  // namespace pcg::controlplane
