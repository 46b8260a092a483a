// SPDX-License-Identifier: Apache-2.0
// After the pairing: a new bus token before the old one ends.
//
//   POST /pair/v1/renew     over mutual TLS: RenewRequest, header PCG-Sig (ES256 by the device key
//   over
//                           "PCGv1 renew" || body) -> 200 RenewReply | 403 released or revoked
//
// The simple form: one new user JWT for the same nkey. No ratchet, no new certificate, no nkey
// rotation yet (docs/protocol/pairing.md says what that means for cloned gateways).
#pragma once

#include "pairing/types.h"

namespace pcg::pairing {

inline constexpr std::string_view kRenewPath = "/pair/v1/renew";

struct RenewRequest {
    ByteArray<16> renewId{};  // the same id gets the same answer
    std::string gatewayId;
    std::int64_t epoch = 1;
    std::string nkeyPub;
    std::int64_t at = 0;

    static Result<RenewRequest> parse(std::string_view raw);
    std::string write() const;
};

Bytes renewSigningInput(std::string_view raw);

struct RenewReply {
    std::string userJwt;

    static Result<RenewReply> parse(std::string_view raw);
    std::string write() const;
};

}  // namespace pcg::pairing
