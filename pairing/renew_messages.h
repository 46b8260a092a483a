// SPDX-License-Identifier: Apache-2.0
// After the pairing: a new bus token, and in time a new certificate, before the old ones end.
//
//   POST /pair/v1/renew     over mutual TLS: RenewRequest, header PCG-Sig (ES256 by the device key
//                           over "PCGv1 renew" || body) -> 200 RenewReply | 403 with a code of
//                           `renewal` below
//
// The ratchet finds copies: each answer brings the value that the next request must show, so of two
// gateways with one identity the second to ask shows a value that was used up
// (docs/protocol/pairing.md).
#pragma once

#include "pairing/types.h"

#include <optional>

namespace pcg::pairing {

inline constexpr std::string_view kRenewPath = "/pair/v1/renew";

// Why a renewal is refused. Only kReleased ends a pairing; each is said to nobody but who proved
// the device key.
namespace renewal {
inline constexpr std::string_view kReleased = "released";
inline constexpr std::string_view kQuarantined = "quarantined";
inline constexpr std::string_view kCertificate = "certificate_expired";
inline constexpr std::string_view kMismatch = "renewal_mismatch";
}  // namespace renewal

using RenewId = ByteArray<16>;
using RatchetValue = ByteArray<32>;

// How often was renewed, and what the next request must show. A gateway that was paired before
// there were ratchets has none; its first renewal begins with one.
struct Ratchet {
    std::int64_t counter = 0;
    std::optional<RatchetValue> value;

    friend bool operator==(const Ratchet&, const Ratchet&) = default;
};

struct RenewRequest {
    RenewId renewId{};  // the same id gets the same answer
    std::string gatewayId;
    std::int64_t epoch = 1;
    std::string nkeyPub;
    Ratchet ratchet;
    Bytes csr;  // PKCS#10 of a new key when a new certificate is wanted; else empty
    std::int64_t at = 0;

    static Result<RenewRequest> parse(std::string_view raw);
    std::string write() const;
};

Bytes renewSigningInput(std::string_view raw);

struct RenewReply {
    std::string userJwt;
    Ratchet ratchet;
    std::string clientCertChain;  // PEM, leaf first; empty when none was asked for
    std::int64_t issuedAt = 0;

    static Result<RenewReply> parse(std::string_view raw);
    std::string write() const;
};

}  // namespace pcg::pairing
