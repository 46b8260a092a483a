// SPDX-License-Identifier: Apache-2.0
#include "common/crypto/kdf.h"

#include "common/base/assert.h"
#include "common/crypto/openssl_ptr.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

namespace pcg::crypto {
namespace {

using KdfPtr = std::unique_ptr<EVP_KDF, Freer<EVP_KDF_free>>;
using KdfCtxPtr = std::unique_ptr<EVP_KDF_CTX, Freer<EVP_KDF_CTX_free>>;

// OpenSSL's parameters take a mutable pointer to what they only read, and null for "not given".
OSSL_PARAM octets(const char* name, BytesView bytes) {
    static std::uint8_t nothing = 0;
    auto* data = bytes.empty() ? &nothing : const_cast<std::uint8_t*>(bytes.data());
    return OSSL_PARAM_construct_octet_string(name, data, bytes.size());
}

Secret derive(const char* algorithm, const OSSL_PARAM* parameters, std::size_t size) {
    const KdfPtr kdf(EVP_KDF_fetch(nullptr, algorithm, nullptr));
    PCG_ASSERT(kdf != nullptr);
    const KdfCtxPtr context(EVP_KDF_CTX_new(kdf.get()));
    PCG_ASSERT(context != nullptr);
    Bytes out(size);
    PCG_ASSERT(EVP_KDF_derive(context.get(), out.data(), out.size(), parameters) == 1);
    return Secret::takeBytes(out);
}

}  // namespace

Digest256 hmacSha256(BytesView key, BytesView message) {
    static constexpr std::uint8_t kNoKey = 0;
    Digest256 tag{};
    unsigned size = 0;
    PCG_ASSERT(HMAC(EVP_sha256(),
                    key.empty() ? &kNoKey : key.data(),
                    static_cast<int>(key.size()),
                    message.data(),
                    message.size(),
                    tag.data(),
                    &size) != nullptr);
    PCG_ASSERT(size == tag.size());
    return tag;
}

Secret hkdfExtract(BytesView salt, BytesView inputKey) {
    // RFC 5869 section 2.2: this is all that it is. An absent salt is HashLen zeros, and HMAC pads.
    auto tag = hmacSha256(salt, inputKey);
    Secret key{BytesView(tag)};
    wipe(MutableBytes(tag));
    return key;
}

Secret hkdfExpand(const Secret& pseudorandomKey, BytesView info, std::size_t size) {
    PCG_ASSERT(size > 0 && size <= 255 * sizeof(Digest256));
    Bytes out;
    out.reserve(size + sizeof(Digest256));
    Bytes block;  // T(i-1) | info | i
    block.reserve(sizeof(Digest256) + info.size() + 1);
    for (std::uint8_t i = 1; out.size() < size; ++i) {
        append(block, info);
        block.push_back(i);
        const auto tag = hmacSha256(pseudorandomKey.reveal(), block);
        append(out, tag);
        wipe(MutableBytes(block));
        block.assign(tag.begin(), tag.end());
    }
    wipe(MutableBytes(block));
    wipe(MutableBytes(out).subspan(size));
    out.resize(size);
    return Secret::takeBytes(out);
}

Secret hkdf(BytesView salt, BytesView inputKey, BytesView info, std::size_t size) {
    return hkdfExpand(hkdfExtract(salt, inputKey), info, size);
}

Secret pbkdf2Sha256(BytesView password, BytesView salt, unsigned iterations, std::size_t size) {
    static constexpr char kNoPassword = 0;
    Bytes out(size);
    const auto* text = password.empty() ? &kNoPassword : asText(password).data();
    PCG_ASSERT(PKCS5_PBKDF2_HMAC(text,
                                 static_cast<int>(password.size()),
                                 salt.data(),
                                 static_cast<int>(salt.size()),
                                 static_cast<int>(iterations),
                                 EVP_sha256(),
                                 static_cast<int>(out.size()),
                                 out.data()) == 1);
    return Secret::takeBytes(out);
}

Secret scrypt(BytesView password, BytesView salt, const ScryptCost& cost, std::size_t size) {
    auto n = cost.n;
    auto r = cost.r;
    auto p = cost.p;
    std::uint64_t ceiling = 64_MiB + 256ULL * n * r;
    const OSSL_PARAM parameters[] = {
        octets(OSSL_KDF_PARAM_PASSWORD, password),
        octets(OSSL_KDF_PARAM_SALT, salt),
        OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_N, &n),
        OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_R, &r),
        OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_P, &p),
        OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_MAXMEM, &ceiling),
        OSSL_PARAM_construct_end()};
    return derive("SCRYPT", parameters, size);
}

}  // namespace pcg::crypto
