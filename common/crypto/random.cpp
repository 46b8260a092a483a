// SPDX-License-Identifier: Apache-2.0
#include "common/crypto/random.h"

#include "common/base/assert.h"

#include <openssl/rand.h>

namespace pcg::crypto {

void SystemRandom::fill(MutableBytes bytes) {
    if (bytes.empty()) return;
    PCG_ASSERT(bytes.size() <= 1 << 30);
    PCG_ASSERT(RAND_priv_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1);
}

}  // namespace pcg::crypto
