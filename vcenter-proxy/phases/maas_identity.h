// SPDX-License-Identifier: Apache-2.0
// Who sent a request to a MAAS: the access key behind its OAuth signature.
//
// In MAAS's order, but that a nonce is used up by good signatures only: nobody without a key can
// fill the memory of nonces.
#pragma once

#include "common/oauth/signature.h"
#include "vcenter-proxy/endpoint/maas/request.h"
#include "vcenter-proxy/request_context.h"

namespace pcg::proxy::maas {

// The first part of every access key for a MAAS: "pcg:ID:SECRET".
inline constexpr std::string_view kConsumer = "pcg";

// How long after its timestamp a request is taken, as MAAS has it.
inline constexpr std::int64_t kThresholdSeconds = 300;

// errc::kNotAuthenticated: no field, or one that cannot be read. errc::kInvalidLogin,
// errc::kStaleRequest: well formed, but not good. errc::kBadHeader: the timestamp is no number.
Result<oauth::Authorization> readAuthorization(const RequestContext& context);

// `form` is null for an upload, whose octets nobody signs. errc::kInvalidLogin, errc::kStaleRequest
// (the nonce was used before), errc::kBusy, and what the keys' store says when it cannot be asked.
net::Task<Result<Principal>> identify(RequestContext& context,
                                      const oauth::Authorization& shown,
                                      const Target& target,
                                      const Form* form);

}  // namespace pcg::proxy::maas
