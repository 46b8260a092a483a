// SPDX-License-Identifier: Apache-2.0
// M1: the gateway offers itself, and the control plane's answer.
//
//   POST /pair/v1/offers              Offer, header PCG-Sig -> 201 OfferReply
//                                     409 nameplate_taken | gateway_bound, 429 too_many_offers
//   DELETE /pair/v1/offers/{sid}      Authorization: PCG-Offer <token> -> 204. The code is void.
#pragma once

#include "pairing/types.h"

#include <optional>
#include <string>
#include <vector>

namespace pcg::pairing {

struct Offer {
    std::vector<int> versions{kProtocolVersion};
    std::vector<std::string> suites{std::string(kSuite)};
    std::string gatewayId;  // proven to be gatewayIdOf(deviceSpki) by parse()
    Bytes deviceSpki;       // SubjectPublicKeyInfo, DER
    std::string nameplate;  // the first four symbols of the code
    Nonce bootNonce{};
    std::string softwareVersion;
    std::string imageSha256;  // of the appliance's image, hex; empty: not an appliance
    std::int64_t at = 0;      // the gateway's clock; advisory

    static Result<Offer> parse(std::string_view raw);
    std::string write() const;
};

// What PCG-Sig signs (base64url of ES256 by the device key): "PCGv1 offer" || the body's bytes.
Bytes offerSigningInput(std::string_view raw);

struct OfferReply {
    Sid sid{};
    Nonce serverNonce{};
    std::string offerToken;  // base64url of 32 random bytes; opaque to the gateway
    int expiresInSeconds = static_cast<int>(kCodeLifetime.count());
    std::int64_t controlPlaneTime = 0;

    static Result<OfferReply> parse(std::string_view raw);
    std::string write() const;
};

// A refusal of any route under /pair/v1: an RFC 9457 problem document with these two members more.
struct Refusal {
    int status = 0;
    std::string code;    // "nameplate_taken"; "http_502" when the answer is not a problem document
    std::string detail;  // a sentence for a person; printable
    std::optional<std::int64_t> retryAfterMilliseconds;

    static Refusal parse(int status, std::string_view body);
    std::string write() const;  // application/problem+json
};

namespace refusal {
inline constexpr std::string_view kNameplateTaken =
    "nameplate_taken";  // 409: make a whole new code
inline constexpr std::string_view kGatewayBound =
    "gateway_bound";                                        // 409: owned by a tenant already
inline constexpr std::string_view kTooMany = "too_many";    // 429
inline constexpr std::string_view kNotFound = "not_found";  // 404: unknown, expired or busy alike
inline constexpr std::string_view kMismatch = "mismatch";   // 409: the two halves differ
inline constexpr std::string_view kGone = "gone";           // 410
}  // namespace refusal

}  // namespace pcg::pairing
