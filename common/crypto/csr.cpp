// SPDX-License-Identifier: Apache-2.0
#include "common/crypto/csr.h"

#include "common/crypto/errc.h"
#include "common/crypto/openssl_error.h"
#include "common/crypto/openssl_ptr.h"

#include <string>

namespace pcg::crypto {
namespace {

constexpr std::size_t kMaxCsrSize = 8 * 1024;

}  // namespace

Result<Bytes> createCsr(const EcKey& key, std::string_view commonName) {
    const X509ReqPtr request(X509_REQ_new());
    if (!request || X509_REQ_set_version(request.get(), 0) != 1 ||
        X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(request.get()),
                                   "CN",
                                   MBSTRING_UTF8,
                                   reinterpret_cast<const unsigned char*>(commonName.data()),
                                   static_cast<int>(commonName.size()),
                                   -1,
                                   0) != 1 ||
        X509_REQ_set_pubkey(request.get(), key.handle().get()) != 1 ||
        X509_REQ_sign(request.get(),
                      key.handle().get(),
                      key.curve() == EcCurve::P256 ? EVP_sha256() : EVP_sha384()) <= 0) {
        return failOpenSsl(kCsr, "The certificate request could not be made.");
    }
    unsigned char* encoded = nullptr;
    const int size = i2d_X509_REQ(request.get(), &encoded);
    if (size <= 0) return failOpenSsl(kLibrary, "The certificate request could not be encoded.");
    Bytes der(encoded, encoded + size);
    OPENSSL_free(encoded);
    return der;
}

Result<VerifiedCsr> VerifiedCsr::fromDer(BytesView der) {
    if (der.empty() || der.size() > kMaxCsrSize) {
        return fail(kCsr, "The certificate request has an impossible length.");
    }
    const auto* cursor = der.data();
    const X509ReqPtr request(d2i_X509_REQ(nullptr, &cursor, static_cast<long>(der.size())));
    if (!request) return failOpenSsl(kCsr, "The certificate request is not PKCS#10 DER.");
    if (cursor != der.data() + der.size()) {
        return fail(kCsr, "The certificate request has bytes after its end.");
    }
    unsigned char* encoded = nullptr;
    const int size = i2d_X509_PUBKEY(X509_REQ_get_X509_PUBKEY(request.get()), &encoded);
    if (size <= 0)
        return failOpenSsl(kCsr, "The public key of the certificate request cannot be read.");
    Bytes spki(encoded, encoded + size);
    OPENSSL_free(encoded);
    const auto curve = curveOfSpki(spki);
    if (!curve) return fail(kCsr, "The certificate request must carry a P-256 or P-384 key.");
    if (X509_REQ_verify(request.get(), X509_REQ_get0_pubkey(request.get())) != 1) {
        return failOpenSsl(kCsr, "The certificate request does not prove possession of its key.");
    }
    return VerifiedCsr(std::move(spki), *curve);
}

}  // namespace pcg::crypto
