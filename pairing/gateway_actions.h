// SPDX-License-Identifier: Apache-2.0
// What role B is told of its gateway, and what it asks for (see responder.h).
#pragma once

#include "common/base/error.h"
#include "common/base/secret.h"
#include "pairing/messages.h"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace pcg::pairing {

struct GatewayFacts {
    std::string gatewayId;
    Hash deviceSpkiSha256{};
    std::string hostname;
    std::string softwareVersion;
    std::string nkeyPub;
    Hash csrSha256{};
    std::optional<Hash> pinnedRootSpkiSha256;  // baked in or configured
    std::string expectedTenant;                // tenant id; empty: ask the console
};

struct Acceptance {
    ClaimTerms terms;
    Hash pth{};
    Hash reportTag{};
    Bytes controlPlaneRootDer;
    Secret encPrivate;  // scalar, 32 bytes
    PointBytes encPub{};
    std::string acceptMode;  // console | expected_tenant
};

struct Confirmation {
    std::string sas;
    ClaimTerms terms;  // names as received: displayName() before they meet a terminal
};

namespace action {
struct PersistAttempt {};

struct Send {
    Envelope envelope;
};

struct ShowConfirmation {
    Confirmation confirmation;
};

struct HideConfirmation {
    std::string why;
};

struct RunFailed {  // the offer stands; the same code may be tried again
    Error why;
    int attemptsLeft;
};

struct CodeBurnt {  // make a new code and a new offer
    Error why;
};

struct Accepted {
    Acceptance acceptance;
};
}  // namespace action

using GatewayAction = std::variant<action::PersistAttempt,
                                   action::Send,
                                   action::ShowConfirmation,
                                   action::HideConfirmation,
                                   action::RunFailed,
                                   action::CodeBurnt,
                                   action::Accepted>;
using GatewayActions = std::vector<GatewayAction>;

}  // namespace pcg::pairing
