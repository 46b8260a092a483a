// SPDX-License-Identifier: Apache-2.0
// SHA-1 (FIPS 180-4), for the thumbprints of certificates that vSphere has in its leases, and for
// nothing that we choose: finding a second certificate for a given thumbprint is still out of
// reach, making two that share one is not. Any thread.
#pragma once

#include "common/base/bytes.h"

namespace pcg::crypto {

ByteArray<20> sha1(BytesView message);

}  // namespace pcg::crypto
