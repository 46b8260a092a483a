// SPDX-License-Identifier: Apache-2.0
#include "common/crypto/certificate_builder.h"

#include "common/crypto/errc.h"
#include "common/crypto/openssl_error.h"

namespace pcg::crypto {
namespace {

constexpr int kSerialBits = 128;
constexpr std::chrono::minutes kClockSkew{5};

using GeneralNamePtr = std::unique_ptr<GENERAL_NAME, Freer<GENERAL_NAME_free>>;

Result<> appendText(GENERAL_NAMES* list, int type, const std::string& text) {
    // IA5 is ASCII; a NUL or a control character has no place in a name.
    for (const char c : text) {
        if (c <= 0x20 || c > 0x7e)
            return fail(kCertificate, "A certificate name must be printable ASCII.");
    }
    if (text.empty()) return fail(kCertificate, "A certificate name must not be empty.");
    GeneralNamePtr name(GENERAL_NAME_new());
    ASN1_IA5STRING* value = ASN1_IA5STRING_new();
    if (!name || value == nullptr ||
        ASN1_STRING_set(value, text.data(), static_cast<int>(text.size())) != 1) {
        ASN1_IA5STRING_free(value);
        return failOpenSsl(kLibrary, "A certificate name could not be set.");
    }
    GENERAL_NAME_set0_value(name.get(), type, value);
    sk_GENERAL_NAME_push(list, name.release());
    return {};
}

Result<> appendAddress(GENERAL_NAMES* list, const std::string& text) {
    GeneralNamePtr name(GENERAL_NAME_new());
    ASN1_OCTET_STRING* value = a2i_IPADDRESS(text.c_str());
    if (!name || value == nullptr) {
        ASN1_OCTET_STRING_free(value);
        drainOpenSslErrors();
        return fail(kCertificate, "\"" + text + "\" is not an IP address.");
    }
    GENERAL_NAME_set0_value(name.get(), GEN_IPADD, value);
    sk_GENERAL_NAME_push(list, name.release());
    return {};
}

Result<> setSerial(X509* certificate) {
    const BignumPtr serial(BN_new());
    if (!serial || BN_rand(serial.get(), kSerialBits, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) != 1 ||
        BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(certificate)) == nullptr) {
        return failOpenSsl(kLibrary, "A certificate serial number could not be made.");
    }
    return {};
}

}  // namespace

Result<CertificateBuilder> CertificateBuilder::create(BytesView spki, std::string_view commonName) {
    PCG_TRY(curveOfSpki(spki));
    const auto* cursor = spki.data();
    const PkeyPtr key(d2i_PUBKEY(nullptr, &cursor, static_cast<long>(spki.size())));
    X509Ptr certificate(X509_new());
    if (!key || !certificate || X509_set_version(certificate.get(), X509_VERSION_3) != 1 ||
        X509_set_pubkey(certificate.get(), key.get()) != 1 ||
        X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()),
                                   "CN",
                                   MBSTRING_UTF8,
                                   reinterpret_cast<const unsigned char*>(commonName.data()),
                                   static_cast<int>(commonName.size()),
                                   -1,
                                   0) != 1) {
        return failOpenSsl(kCertificate, "The certificate's subject could not be set.");
    }
    PCG_TRY(setSerial(certificate.get()));
    return CertificateBuilder(std::move(certificate));
}

Result<> CertificateBuilder::setValidity(WallTime from, WallTime until) {
    const auto start = std::chrono::system_clock::to_time_t(from - kClockSkew);
    const auto end = std::chrono::system_clock::to_time_t(until);
    if (ASN1_TIME_set(X509_getm_notBefore(certificate_.get()), start) == nullptr ||
        ASN1_TIME_set(X509_getm_notAfter(certificate_.get()), end) == nullptr) {
        return failOpenSsl(kLibrary, "The certificate's lifetime could not be set.");
    }
    return {};
}

Result<> CertificateBuilder::add(const X509* issuer,
                                 const char* extension,
                                 const std::string& value) {
    X509V3_CTX context{};
    // OpenSSL takes non-const pointers and only reads them.
    X509V3_set_ctx(&context, const_cast<X509*>(issuer), certificate_.get(), nullptr, nullptr, 0);
    X509V3_set_ctx_nodb(&context);
    const X509ExtensionPtr made(
        X509V3_EXT_conf_nid(nullptr, &context, OBJ_txt2nid(extension), value.c_str()));
    if (!made || X509_add_ext(certificate_.get(), made.get(), -1) != 1) {
        return failOpenSsl(kLibrary,
                           std::string("The extension ") + extension + " could not be set.");
    }
    return {};
}

Result<> CertificateBuilder::addConstant(const Certificate& issuer,
                                         const char* extension,
                                         const std::string& value) {
    return add(issuer.handle().get(), extension, value);
}

Result<> CertificateBuilder::addLeafExtensions(const Certificate& issuer,
                                               std::string_view extendedKeyUsage) {
    PCG_TRY(addConstant(issuer, "basicConstraints", "critical,CA:FALSE"));
    PCG_TRY(addConstant(issuer, "keyUsage", "critical,digitalSignature"));
    return addConstant(issuer, "extendedKeyUsage", std::string(extendedKeyUsage));
}

Result<> CertificateBuilder::addNames(const SubjectNames& names) {
    const GeneralNamesPtr list(GENERAL_NAMES_new());
    if (!list) return failOpenSsl(kLibrary, "The certificate's names could not be set.");
    for (const auto& uri : names.uris) PCG_TRY(appendText(list.get(), GEN_URI, uri));
    for (const auto& dns : names.dnsNames) PCG_TRY(appendText(list.get(), GEN_DNS, dns));
    for (const auto& address : names.ipAddresses) PCG_TRY(appendAddress(list.get(), address));
    if (X509_add1_ext_i2d(
            certificate_.get(), NID_subject_alt_name, list.get(), 0, X509V3_ADD_DEFAULT) != 1) {
        return failOpenSsl(kLibrary, "The certificate's names could not be set.");
    }
    return {};
}

Result<Certificate> CertificateBuilder::signAs(const X509* issuer, const EcKey& key) {
    if (X509_set_issuer_name(certificate_.get(), X509_get_subject_name(issuer)) != 1) {
        return failOpenSsl(kLibrary, "The certificate's issuer could not be set.");
    }
    PCG_TRY(add(issuer, "subjectKeyIdentifier", "hash"));
    PCG_TRY(add(issuer, "authorityKeyIdentifier", "keyid:always"));
    const auto* digest = key.curve() == EcCurve::P256 ? EVP_sha256() : EVP_sha384();
    if (X509_sign(certificate_.get(), key.handle().get(), digest) <= 0) {
        return failOpenSsl(kLibrary, "The certificate could not be signed.");
    }
    unsigned char* encoded = nullptr;
    const int size = i2d_X509(certificate_.get(), &encoded);
    if (size <= 0) return failOpenSsl(kLibrary, "The certificate could not be encoded.");
    const Bytes der(encoded, encoded + size);
    OPENSSL_free(encoded);
    return Certificate::fromDer(der);
}

Result<Certificate> CertificateBuilder::sign(const Certificate& issuer, const EcKey& key) && {
    return signAs(issuer.handle().get(), key);
}

Result<Certificate> CertificateBuilder::selfSign(const EcKey& key) && {
    PCG_TRY(add(certificate_.get(), "basicConstraints", "critical,CA:TRUE"));
    PCG_TRY(add(certificate_.get(), "keyUsage", "critical,keyCertSign,cRLSign"));
    return signAs(certificate_.get(), key);
}

}  // namespace pcg::crypto
