// SPDX-License-Identifier: Apache-2.0
#include "common/crypto/ec_key.h"

#include "common/crypto/errc.h"
#include "common/crypto/openssl_error.h"
#include "common/crypto/openssl_ptr.h"

#include <openssl/pem.h>

#include <string>

namespace pcg::crypto {
namespace {

constexpr std::size_t kFieldSize = 32;  // P-256

Result<EcCurve> curveOf(const EVP_PKEY* key) {
    char name[32] = {};
    std::size_t size = 0;
    if (EVP_PKEY_get_base_id(key) == EVP_PKEY_EC &&
        EVP_PKEY_get_group_name(key, name, sizeof name, &size) == 1) {
        if (std::string_view(name, size) == "prime256v1") return EcCurve::P256;
        if (std::string_view(name, size) == "secp384r1") return EcCurve::P384;
    }
    drainOpenSslErrors();
    return fail(kKey, "The key is not an elliptic curve key on P-256 or P-384.");
}

Result<PkeyPtr> loadSpki(BytesView spki) {
    if (spki.size() > 4096) return fail(kKey, "The public key is too long.");
    const auto* cursor = spki.data();
    PkeyPtr key(d2i_PUBKEY(nullptr, &cursor, static_cast<long>(spki.size())));
    if (!key) return failOpenSsl(kKey, "The public key is not a DER SubjectPublicKeyInfo.");
    if (cursor != spki.data() + spki.size())
        return fail(kKey, "The public key has bytes after its end.");
    return key;
}

const EVP_MD* digestOf(EcCurve curve) {
    return curve == EcCurve::P256 ? EVP_sha256() : EVP_sha384();
}

Result<Bytes> signWith(EVP_PKEY* key, EcCurve curve, BytesView message) {
    const MdCtxPtr context(EVP_MD_CTX_new());
    std::size_t size = 0;
    if (!context ||
        EVP_DigestSignInit(context.get(), nullptr, digestOf(curve), nullptr, key) != 1 ||
        EVP_DigestSign(context.get(), nullptr, &size, message.data(), message.size()) != 1) {
        return failOpenSsl(kLibrary, "The ECDSA signature could not be made.");
    }
    Bytes signature(size);
    if (EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()) !=
        1) {
        return failOpenSsl(kLibrary, "The ECDSA signature could not be made.");
    }
    signature.resize(size);
    return signature;
}

Result<> verifyWith(EVP_PKEY* key, EcCurve curve, BytesView message, BytesView signature) {
    const MdCtxPtr context(EVP_MD_CTX_new());
    if (!context ||
        EVP_DigestVerifyInit(context.get(), nullptr, digestOf(curve), nullptr, key) != 1) {
        return failOpenSsl(kLibrary, "The ECDSA signature could not be checked.");
    }
    if (EVP_DigestVerify(
            context.get(), signature.data(), signature.size(), message.data(), message.size()) !=
        1) {
        return failOpenSsl(kSignature, "The ECDSA signature does not verify.");
    }
    return {};
}

Result<Bytes> rawToDer(BytesView raw) {
    if (raw.size() != 2 * kFieldSize)
        return fail(kSignature, "An ES256 signature must be 64 bytes long.");
    BignumPtr r(BN_bin2bn(raw.data(), kFieldSize, nullptr));
    BignumPtr s(BN_bin2bn(raw.data() + kFieldSize, kFieldSize, nullptr));
    const EcdsaSigPtr pair(ECDSA_SIG_new());
    if (!r || !s || !pair || ECDSA_SIG_set0(pair.get(), r.get(), s.get()) != 1) {
        return failOpenSsl(kLibrary, "The ES256 signature could not be converted.");
    }
    // set0 took them over.
    static_cast<void>(r.release());
    static_cast<void>(s.release());
    const int size = i2d_ECDSA_SIG(pair.get(), nullptr);
    if (size <= 0) return failOpenSsl(kLibrary, "The ES256 signature could not be converted.");
    Bytes der(static_cast<std::size_t>(size));
    auto* cursor = der.data();
    i2d_ECDSA_SIG(pair.get(), &cursor);
    return der;
}

}  // namespace

Result<EcKey> EcKey::fromHandle(PkeyHandle handle) {
    const auto curve = PCG_TRY(curveOf(handle.get()));
    const int size = i2d_PUBKEY(handle.get(), nullptr);
    if (size <= 0) return failOpenSsl(kKey, "The public half of the key cannot be encoded.");
    Bytes spki(static_cast<std::size_t>(size));
    auto* cursor = spki.data();
    i2d_PUBKEY(handle.get(), &cursor);
    return EcKey(std::move(handle), curve, std::move(spki));
}

Result<EcKey> EcKey::generate(EcCurve curve) {
    PkeyHandle handle(EVP_EC_gen(curve == EcCurve::P256 ? "P-256" : "P-384"), EVP_PKEY_free);
    if (!handle) return failOpenSsl(kLibrary, "An elliptic curve key could not be generated.");
    return fromHandle(std::move(handle));
}

Result<EcKey> EcKey::fromPkcs8(const Secret& der) {
    const auto bytes = der.reveal();
    if (bytes.empty() || bytes.size() > 4096)
        return fail(kKey, "The private key has an impossible length.");
    const auto* cursor = bytes.data();
    const Pkcs8Ptr info(d2i_PKCS8_PRIV_KEY_INFO(nullptr, &cursor, static_cast<long>(bytes.size())));
    if (!info || cursor != bytes.data() + bytes.size()) {
        return failOpenSsl(kKey, "The private key is not PKCS#8 DER.");
    }
    PkeyHandle handle(EVP_PKCS82PKEY(info.get()), EVP_PKEY_free);
    if (!handle) return failOpenSsl(kKey, "The private key cannot be read.");
    auto key = PCG_TRY(fromHandle(std::move(handle)));
    // A file that pairs one key's scalar with another key's point would sign what nobody can
    // verify.
    const PkeyCtxPtr context(EVP_PKEY_CTX_new(key.handle_.get(), nullptr));
    if (!context || EVP_PKEY_check(context.get()) != 1) {
        return failOpenSsl(kKey, "The private key is not consistent.");
    }
    return key;
}

Result<Secret> EcKey::toPkcs8() const {
    const Pkcs8Ptr info(EVP_PKEY2PKCS8(handle_.get()));
    const int size = info ? i2d_PKCS8_PRIV_KEY_INFO(info.get(), nullptr) : 0;
    if (size <= 0) return failOpenSsl(kLibrary, "The private key could not be encoded.");
    Bytes der(static_cast<std::size_t>(size));
    auto* cursor = der.data();
    i2d_PKCS8_PRIV_KEY_INFO(info.get(), &cursor);
    return Secret::takeBytes(der);
}

Result<Secret> EcKey::toPem() const {
    const BioPtr memory(BIO_new(BIO_s_secmem()));
    if (!memory || PEM_write_bio_PKCS8PrivateKey(
                       memory.get(), handle_.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) {
        return failOpenSsl(kLibrary, "The private key could not be encoded.");
    }
    char* text = nullptr;
    const auto size = BIO_get_mem_data(memory.get(), &text);
    return Secret::fromText({text, static_cast<std::size_t>(size)});
}

Result<Bytes> EcKey::signDer(BytesView message) const {
    return signWith(handle_.get(), curve_, message);
}

Result<Es256Signature> EcKey::signEs256(BytesView message) const {
    if (curve_ != EcCurve::P256) return fail(kKey, "ES256 needs a key on P-256.");
    const auto der = PCG_TRY(signDer(message));
    const auto* cursor = der.data();
    const EcdsaSigPtr pair(d2i_ECDSA_SIG(nullptr, &cursor, static_cast<long>(der.size())));
    Es256Signature raw{};
    if (!pair || BN_bn2binpad(ECDSA_SIG_get0_r(pair.get()), raw.data(), kFieldSize) < 0 ||
        BN_bn2binpad(ECDSA_SIG_get0_s(pair.get()), raw.data() + kFieldSize, kFieldSize) < 0) {
        return failOpenSsl(kLibrary, "The ES256 signature could not be converted.");
    }
    return raw;
}

Result<EcCurve> curveOfSpki(BytesView spki) {
    const auto key = PCG_TRY(loadSpki(spki));
    return curveOf(key.get());
}

Result<> verifyEs256(BytesView spki, BytesView message, BytesView signature) {
    const auto key = PCG_TRY(loadSpki(spki));
    const auto curve = PCG_TRY(curveOf(key.get()));
    if (curve != EcCurve::P256) return fail(kKey, "ES256 needs a key on P-256.");
    const auto der = PCG_TRY(rawToDer(signature));
    return verifyWith(key.get(), curve, message, der);
}

Result<> verifyEcdsaDer(BytesView spki, BytesView message, BytesView signature) {
    const auto key = PCG_TRY(loadSpki(spki));
    const auto curve = PCG_TRY(curveOf(key.get()));
    return verifyWith(key.get(), curve, message, signature);
}

}  // namespace pcg::crypto
