// SPDX-License-Identifier: Apache-2.0
// The small values of PCG-PAIR-1 and its constants (docs/protocol/pairing.md). Binary values are
// base64url without padding in JSON and in URLs; times are milliseconds since 1970, UTC.
#pragma once

#include "common/base/result.h"
#include "common/crypto/digest.h"
#include "common/crypto/p256.h"

#include <chrono>
#include <string>
#include <string_view>

namespace pcg::pairing {

inline constexpr int kProtocolVersion = 1;
inline constexpr std::string_view kLabel = "PCG-PAIR-1";
inline constexpr std::string_view kSuite = "SPAKE2-P256-SHA256-HKDF-HMAC";

inline constexpr ByteCount kMaxMessageBytes = 16_KiB;  // every message but M11
inline constexpr ByteCount kMaxBundleBytes =
    64_KiB;  // M11 carries two certificate chains and a JWT

inline constexpr std::chrono::seconds kCodeLifetime{600};
inline constexpr std::chrono::seconds kClaimLifetime{300};
inline constexpr std::chrono::seconds kConfirmLifetime{120};
inline constexpr std::chrono::minutes kEnrollmentLifetime{15};
inline constexpr int kAttemptsPerCode = 3;
inline constexpr int kAttemptsPerHour = 10;
inline constexpr std::chrono::hours kCooldown{1};
inline constexpr std::chrono::seconds kLongPoll{25};

using Hash = crypto::Digest256;
using Sid = ByteArray<32>;      // one offer
using ClaimId = ByteArray<16>;  // one run
using Nonce = ByteArray<32>;
using crypto::PointBytes;

// Paths below the control plane's URL. {sid} and {claim_id} are base64url.
inline constexpr std::string_view kOffersPath = "/pair/v1/offers";
inline constexpr std::string_view kClaimsPath = "/pair/v1/claims";
inline constexpr std::string_view kEnrollmentsPath = "/pair/v1/enrollments";

inline constexpr std::string_view kOfferSignatureHeader = "PCG-Sig";
inline constexpr std::string_view kOfferAuthorization = "PCG-Offer ";  // + offer_token

std::string toText(BytesView bytes);  // base64url
Result<Sid> parseSid(std::string_view text);
Result<ClaimId> parseClaimId(std::string_view text);

// "gw_" and 26 symbols of SHA-256 of the device key's SubjectPublicKeyInfo: nobody else can hold
// it.
std::string gatewayIdOf(BytesView deviceSpki);

// SHA-256("PCGv1 sid" || boot nonce || server nonce): neither side alone chooses it.
Sid sidOf(const Nonce& bootNonce, const Nonce& serverNonce);

// "gw_"/"tn_" and 26 symbols of Crockford's alphabet in lower case.
bool isId(std::string_view prefix, std::string_view text);

}  // namespace pcg::pairing
