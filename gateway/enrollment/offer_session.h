// SPDX-License-Identifier: Apache-2.0
// One offer at the control plane and the role that answers for it: what the polling coroutine and
// the acting coroutine share. Shared ownership, because a long poll may come back after everything
// else is over. Internal to enrollment. Loop thread.
#pragma once

#include "gateway/enrollment/control_plane_client.h"
#include "gateway/state/remote_access.h"
#include "pairing/responder.h"

#include <deque>
#include <memory>
#include <optional>

namespace pcg::gateway {

struct OfferSession {
    OfferSession(const net::Executor& executor,
                 ControlPlaneClient relay,
                 pairing::OfferReply answer,
                 pairing::PairingCode pairingCode)
        : client(std::move(relay)),
          reply(std::move(answer)),
          code(std::move(pairingCode)),
          wake(executor) {}

    void enqueue(pairing::GatewayActions more) {
        for (auto& item : more) actions.push_back(std::move(item));
        wake.cancel();
    }

    ControlPlaneClient client;
    pairing::OfferReply reply;
    pairing::PairingCode code;
    std::optional<pairing::Responder> responder;
    std::deque<pairing::GatewayAction> actions;
    std::optional<pairing::Confirmation> asked;
    std::optional<RemoteAccess> remote;  // said with the yes
    net::Timer wake;                     // cancelled when there is something to do
    bool held = true;                    // does the control plane still hold the offer?
    bool over = false;                   // the poll may stop
};

// Feeds the responder until the offer is over, at this end or at the other.
net::Task<void> pollEvents(std::shared_ptr<OfferSession> session);

}  // namespace pcg::gateway
