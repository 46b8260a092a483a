// SPDX-License-Identifier: Apache-2.0
#include "common/crypto/sha1.h"

#include "common/base/assert.h"

#include <openssl/evp.h>

namespace pcg::crypto {

ByteArray<20> sha1(BytesView message) {
    ByteArray<20> digest{};
    unsigned size = 0;
    const int done =
        EVP_Digest(message.data(), message.size(), digest.data(), &size, EVP_sha1(), nullptr);
    PCG_ASSERT(done == 1 && size == digest.size());
    return digest;
}

}  // namespace pcg::crypto
