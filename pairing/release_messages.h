// SPDX-License-Identifier: Apache-2.0
// A gateway that its admin gave back tells the control plane, as soon as that can be reached.
//
//   POST /pair/v1/release   ReleaseRequest, header PCG-Sig (ES256 by the device key over
//                           "PCGv1 release" || body) -> 204, also when it was released before |
//                           403 of another key, tenant or epoch
//
// Signed by the device key alone: the papers are destroyed before it is sent. It names the epoch,
// so that one that was recorded releases no later pairing.
#pragma once

#include "pairing/types.h"

namespace pcg::pairing {

inline constexpr std::string_view kReleasePath = "/pair/v1/release";

struct ReleaseRequest {
    std::string gatewayId;
    std::string tenantId;
    std::int64_t epoch = 1;
    std::int64_t at = 0;

    static Result<ReleaseRequest> parse(std::string_view raw);
    std::string write() const;
};

Bytes releaseSigningInput(std::string_view raw);

}  // namespace pcg::pairing
