// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/relay/pairing_audit.h"

namespace pcg::controlplane {

AuditEvent pairingEvent(const ClaimRecord& claim,
                        std::string_view action,
                        AuditOutcome outcome,
                        std::string_view detail) {
    AuditEvent event;
    const bool isOurs = claim.kind == GatewayKind::System;
    event.actor = {isOurs ? ActorKind::Platform : ActorKind::User, claim.username};
    event.action = action;
    event.target = {"gateway", claim.offer->offer.gatewayId, claim.label};
    event.outcome = outcome;
    event.detail = "attempt " + std::to_string(claim.terms.attempt);
    if (!detail.empty()) event.detail += ", " + std::string(detail);
    return event;
}

AuditEvent refusedClaim(const Authenticated& who, const pairing::Refusal& refusal) {
    AuditEvent event;
    event.actor = {ActorKind::User, who.username};
    event.action = "pairing.claim";
    event.target.kind = "gateway";
    event.outcome = AuditOutcome::Refused;
    event.detail = refusal.code;
    return event;
}

}  // namespace pcg::controlplane
