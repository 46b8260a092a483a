// SPDX-License-Identifier: Apache-2.0
// M2 to M8: the claim, and what the two roles say to each other through the relay.
//
//   GET    /pair/v1/offers/{sid}/events?after=n&wait=25     gateway: 200 EventList | 204 | 410
//   POST   /pair/v1/offers/{sid}/messages                   gateway: Envelope -> 202
//   POST   /pair/v1/claims                                  tenant: ClaimRequest -> 201 ClaimReply
//   GET    /pair/v1/claims/{claim_id}/events?after=n&wait=25   tenant: 200 EventList | 204 | 410
//   POST   /pair/v1/claims/{claim_id}/messages              tenant: Envelope -> 202
//   DELETE /pair/v1/claims/{claim_id}                       tenant: 204
//
// What travels in the envelopes of these routes is described in relay_messages.h.
#pragma once

#include "pairing/types.h"

#include <optional>
#include <vector>

namespace pcg::pairing {

struct ClaimRequest {
    std::vector<int> versions{kProtocolVersion};
    std::vector<std::string> suites{std::string(kSuite)};
    std::string nameplate;
    std::string commissioner = "cli";  // browser | cli | server
    std::string gatewayLabel;  // what the tenant will call it; "" = the control plane names it

    static Result<ClaimRequest> parse(std::string_view raw);
    std::string write() const;
};

// claim_raw: what the control plane says this claim is. Both roles get the same bytes.
struct ClaimTerms {
    ClaimId claimId{};
    Sid sid{};
    std::string tenantId;
    std::string tenantName;  // as stored; displayTenantName() before it meets a terminal
    std::string tenantRegion;
    std::string requestedBy;
    std::string commissioner;
    std::string portalOrigin;
    Hash controlPlaneRootSpkiSha256{};
    std::vector<int> versions{kProtocolVersion};
    std::string suite{kSuite};
    int attempt = 1;  // 1..3, of this code
    std::int64_t controlPlaneTime = 0;

    static Result<ClaimTerms> parse(std::string_view raw);
    std::string write() const;
};

struct ClaimReply {
    ClaimId claimId{};
    Sid sid{};
    Nonce serverNonce{};        // so that the tenant too can recompute the sid
    std::string offerRaw;       // the exact bytes of M1's body
    std::string claimRaw;       // the exact bytes of the gateway's "claim" event
    Bytes controlPlaneRootDer;  // its key's hash is in claim_raw
    int attempt = 1;
    int expiresInSeconds = static_cast<int>(kClaimLifetime.count());

    static Result<ClaimReply> parse(std::string_view raw);
    std::string write() const;
};

struct PakeA {
    PointBytes pA{};
    static Result<PakeA> parse(std::string_view raw);
    std::string write() const;
};

struct PakeB {
    PointBytes pB{};
    PointBytes encPub{};
    std::string nkeyPub;  // "U" and 55 symbols
    Hash csrSha256{};
    Hash deviceSpkiSha256{};
    static Result<PakeB> parse(std::string_view raw);
    std::string write() const;
};

struct ConfirmA {
    Hash cA{};
    Bytes box;  // of ConfirmABox
    static Result<ConfirmA> parse(std::string_view raw);
    std::string write() const;
};

struct ConfirmABox {
    Bytes controlPlaneRootDer;
    std::string enrollUrl;
    std::int64_t portalTime = 0;
    bool wantSas = true;
    static Result<ConfirmABox> parse(std::string_view plain);
    std::string write() const;
};

struct ConfirmB {
    Hash cB{};
    Bytes box;  // of ConfirmBBox
    static Result<ConfirmB> parse(std::string_view raw);
    std::string write() const;
};

struct ConfirmBBox {
    std::string hostname;
    std::string softwareVersion;
    std::string acceptMode;  // console | expected_tenant
    bool tpm = false;
    static Result<ConfirmBBox> parse(std::string_view plain);
    std::string write() const;
};

}  // namespace pcg::pairing
