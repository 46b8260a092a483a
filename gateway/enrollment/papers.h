// SPDX-License-Identifier: Apache-2.0
// M12: the gateway believes its papers only if they are for this run, this key and this tenant, and
// signed under the root that came through the pairing itself. Pure functions.
#pragma once

#include "common/base/clock.h"
#include "gateway/enrollment/enrollment_record.h"

namespace pcg::gateway {

// enrollment.papers names what does not hold; pairing.bundle if it does not open.
Result<ProvisionedPairing> openPapers(const AcceptedPairing& accepted,
                                      const GatewayKeys& keys,
                                      const pairing::SealedBundle& sealed,
                                      WallTime now);

// A renewed certificate, with its chain: for this key, gateway and tenant, under the root of the
// pairing.
Result<> checkCertificate(const ProvisionedPairing& provisioned,
                          std::string_view chainPem,
                          BytesView spki,
                          WallTime now);

// When to ask for the successor of the certificate: after two thirds of its life, or of 30 days if
// it was given for longer. At once when it cannot be read.
WallTime certificateDue(const ProvisionedPairing& provisioned);

// A renewed bus token: for our key, of our account, without wider permissions, with a sane
// lifetime.
Result<> checkUserJwt(const pairing::Bundle& bundle,
                      const GatewayKeys& keys,
                      std::string_view jwt,
                      WallTime now);

}  // namespace pcg::gateway
