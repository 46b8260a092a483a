// SPDX-License-Identifier: Apache-2.0
// The control plane's check before it issues anything. It does not know the code or a session key:
// it believes in a pairing because both sides report the same run, under a tag that only they can
// make, and because the gateway's device key signed for this tenant.
#pragma once

#include "pairing/enrollment_messages.h"

namespace pcg::pairing {

// What the control plane checks before it issues: the two halves are of one run (constant time),
// the tag and the hashes agree, `bind` is signed by the device key and says the same. The CSR's
// proof of possession is crypto::VerifiedCsr's. pairing.binding names what differs.
Result<> checkHalves(const Enrollment& gateway,
                     const Approval& tenant,
                     const ClaimId& claimId,
                     const Sid& sid,
                     std::string_view tenantId,
                     BytesView deviceSpki);

}  // namespace pcg::pairing
