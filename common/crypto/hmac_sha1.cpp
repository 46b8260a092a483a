// SPDX-License-Identifier: Apache-2.0
#include "common/crypto/hmac_sha1.h"

#include "common/base/assert.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace pcg::crypto {

ByteArray<20> hmacSha1(BytesView key, BytesView message) {
    static constexpr std::uint8_t kNoKey = 0;
    ByteArray<20> tag{};
    unsigned size = 0;
    const auto* made = HMAC(EVP_sha1(),
                            key.empty() ? &kNoKey : key.data(),
                            static_cast<int>(key.size()),
                            message.data(),
                            message.size(),
                            tag.data(),
                            &size);
    PCG_ASSERT(made != nullptr && size == tag.size());
    return tag;
}

}  // namespace pcg::crypto
