// SPDX-License-Identifier: Apache-2.0
#include "common/crypto/digest.h"

#include "common/base/assert.h"

#include <openssl/evp.h>

namespace pcg::crypto {

void Sha256::Free::operator()(evp_md_ctx_st* context) const noexcept { EVP_MD_CTX_free(context); }

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
    PCG_ASSERT(context_ != nullptr &&
               EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
}

Sha256& Sha256::update(BytesView bytes) {
    PCG_ASSERT(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
    return *this;
}

Digest256 Sha256::finish() {
    Digest256 digest{};
    PCG_ASSERT(EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr) == 1);
    PCG_ASSERT(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
    return digest;
}

Digest256 sha256(BytesView bytes) { return Sha256().update(bytes).finish(); }

}  // namespace pcg::crypto
