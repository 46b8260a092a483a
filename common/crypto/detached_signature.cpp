// SPDX-License-Identifier: Apache-2.0
#include "common/crypto/detached_signature.h"

#include "common/crypto/errc.h"
#include "common/crypto/openssl_error.h"
#include "common/crypto/openssl_ptr.h"

namespace pcg::crypto {
namespace {

constexpr int kLeastRsaBits = 2048;

}  // namespace

Result<> verifyDetached(const Certificate& signer, BytesView content, BytesView signature) {
    EVP_PKEY* key = X509_get0_pubkey(signer.handle().get());
    const int kind = key == nullptr ? EVP_PKEY_NONE : EVP_PKEY_get_base_id(key);
    const bool rsa = kind == EVP_PKEY_RSA && EVP_PKEY_get_bits(key) >= kLeastRsaBits;
    if (!rsa && kind != EVP_PKEY_EC) {
        drainOpenSslErrors();
        return fail(kKey,
                    "The certificate \"" + signer.subject() +
                        "\" has a key that does not sign here; RSA of 2048 bits or more and ECDSA "
                        "do.");
    }
    const MdCtxPtr context(EVP_MD_CTX_new());
    if (!context || EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key) != 1) {
        return failOpenSsl(kLibrary, "A signature could not be looked at.");
    }
    if (EVP_DigestVerify(
            context.get(), signature.data(), signature.size(), content.data(), content.size()) ==
        1) {
        return {};
    }
    drainOpenSslErrors();
    return fail(kSignature,
                "The signature is not by the key of the certificate \"" + signer.subject() + "\".");
}

}  // namespace pcg::crypto
