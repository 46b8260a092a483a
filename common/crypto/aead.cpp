// SPDX-License-Identifier: Apache-2.0
#include "common/crypto/aead.h"

#include "common/base/assert.h"
#include "common/crypto/errc.h"
#include "common/crypto/openssl_ptr.h"

namespace pcg::crypto {
namespace {

int length(BytesView bytes) {
    PCG_ASSERT(bytes.size() < 1U << 30);
    return static_cast<int>(bytes.size());
}

}  // namespace

Bytes aesGcmSeal(const Secret& key,
                 const AeadNonce& nonce,
                 BytesView associated,
                 BytesView plaintext) {
    PCG_ASSERT(key.size() == kAeadKeySize);
    const CipherCtxPtr context(EVP_CIPHER_CTX_new());
    PCG_ASSERT(context != nullptr);
    PCG_ASSERT(EVP_EncryptInit_ex(
                   context.get(), EVP_aes_256_gcm(), nullptr, key.reveal().data(), nonce.data()) ==
               1);
    int written = 0;
    PCG_ASSERT(associated.empty() ||
               EVP_EncryptUpdate(
                   context.get(), nullptr, &written, associated.data(), length(associated)) == 1);
    Bytes sealed(plaintext.size() + kAeadTagSize);
    PCG_ASSERT(plaintext.empty() ||
               EVP_EncryptUpdate(
                   context.get(), sealed.data(), &written, plaintext.data(), length(plaintext)) ==
                   1);
    PCG_ASSERT(EVP_EncryptFinal_ex(context.get(), sealed.data() + plaintext.size(), &written) == 1);
    PCG_ASSERT(EVP_CIPHER_CTX_ctrl(context.get(),
                                   EVP_CTRL_GCM_GET_TAG,
                                   kAeadTagSize,
                                   sealed.data() + plaintext.size()) == 1);
    return sealed;
}

Result<Secret> aesGcmOpen(const Secret& key,
                          const AeadNonce& nonce,
                          BytesView associated,
                          BytesView sealed) {
    PCG_ASSERT(key.size() == kAeadKeySize);
    const auto refused = [] { return fail(kNotAuthentic, "the sealed data is not authentic"); };
    if (sealed.size() < kAeadTagSize) return refused();
    const auto text = sealed.first(sealed.size() - kAeadTagSize);
    Bytes tag = toBytes(sealed.last(kAeadTagSize));
    const CipherCtxPtr context(EVP_CIPHER_CTX_new());
    PCG_ASSERT(context != nullptr);
    PCG_ASSERT(EVP_DecryptInit_ex(
                   context.get(), EVP_aes_256_gcm(), nullptr, key.reveal().data(), nonce.data()) ==
               1);
    int written = 0;
    PCG_ASSERT(associated.empty() ||
               EVP_DecryptUpdate(
                   context.get(), nullptr, &written, associated.data(), length(associated)) == 1);
    Bytes plain(text.size() + 1);
    PCG_ASSERT(
        text.empty() ||
        EVP_DecryptUpdate(context.get(), plain.data(), &written, text.data(), length(text)) == 1);
    PCG_ASSERT(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, kAeadTagSize, tag.data()) ==
               1);
    const bool authentic =
        EVP_DecryptFinal_ex(context.get(), plain.data() + text.size(), &written) == 1;
    plain.resize(text.size());
    auto opened = Secret::takeBytes(plain);
    if (!authentic) return refused();
    return opened;
}

}  // namespace pcg::crypto
