// SPDX-License-Identifier: Apache-2.0
// The steps of a pairing as rows of the audit. Nothing of the code is among them, not even the part
// that the relay sees. Pure functions.
#pragma once

#include "controlplane-sim/audit/audit_event.h"
#include "controlplane-sim/relay/relay.h"

namespace pcg::controlplane {

AuditEvent pairingEvent(const ClaimRecord& claim,
                        std::string_view action,
                        AuditOutcome outcome,
                        std::string_view detail = {});

// A claim that came to nothing.
AuditEvent refusedClaim(const Authenticated& who, const pairing::Refusal& refusal);

}  // namespace pcg::controlplane
