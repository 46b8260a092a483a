// SPDX-License-Identifier: Apache-2.0
#include "common/crypto/ed25519.h"

#include "common/crypto/errc.h"
#include "common/crypto/openssl_error.h"
#include "common/crypto/openssl_ptr.h"

namespace pcg::crypto {

Result<Ed25519Key> Ed25519Key::fromSeed(const Secret& seed) {
    if (seed.size() != kSeedSize) return fail(kKey, "An Ed25519 seed must be 32 bytes long.");
    PkeyHandle handle(
        EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.reveal().data(), seed.size()),
        EVP_PKEY_free);
    Ed25519PublicKey publicKey{};
    std::size_t size = publicKey.size();
    if (!handle || EVP_PKEY_get_raw_public_key(handle.get(), publicKey.data(), &size) != 1) {
        return failOpenSsl(kLibrary, "The Ed25519 key could not be loaded.");
    }
    return Ed25519Key(std::move(handle), publicKey);
}

Result<Ed25519Signature> Ed25519Key::sign(BytesView message) const {
    const MdCtxPtr context(EVP_MD_CTX_new());
    Ed25519Signature signature{};
    std::size_t size = signature.size();
    if (!context ||
        EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, handle_.get()) != 1 ||
        EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()) !=
            1) {
        return failOpenSsl(kLibrary, "The Ed25519 signature could not be made.");
    }
    return signature;
}

Result<> verifyEd25519(const Ed25519PublicKey& publicKey, BytesView message, BytesView signature) {
    const PkeyPtr key(
        EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, publicKey.data(), publicKey.size()));
    const MdCtxPtr context(EVP_MD_CTX_new());
    if (!key || !context ||
        EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) != 1) {
        return failOpenSsl(kLibrary, "The Ed25519 public key could not be loaded.");
    }
    if (EVP_DigestVerify(
            context.get(), signature.data(), signature.size(), message.data(), message.size()) !=
        1) {
        return failOpenSsl(kSignature, "The Ed25519 signature does not verify.");
    }
    return {};
}

}  // namespace pcg::crypto
