// SPDX-License-Identifier: Apache-2.0
#include "test/support/link/certificates.h"

#include "common/base/assert.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <atomic>

namespace pcg::test {
namespace {

struct Deleter {
    void operator()(X509* certificate) const { X509_free(certificate); }

    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }

    void operator()(BIO* bio) const { BIO_free(bio); }
};

using Certificate = std::unique_ptr<X509, Deleter>;
using Key = std::unique_ptr<EVP_PKEY, Deleter>;
using Bio = std::unique_ptr<BIO, Deleter>;

Key newKey(bool rsa) {
    Key key(rsa ? EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{2048})
                : EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
    PCG_ASSERT(key != nullptr);
    return key;
}

std::string textOf(BIO* bio) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    return {data, static_cast<std::size_t>(size)};
}

std::string pemOf(X509* certificate) {
    const Bio out(BIO_new(BIO_s_mem()));
    PEM_write_bio_X509(out.get(), certificate);
    return textOf(out.get());
}

std::string pemOf(EVP_PKEY* key) {
    const Bio out(BIO_new(BIO_s_mem()));
    PEM_write_bio_PKCS8PrivateKey(out.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
    return textOf(out.get());
}

void addExtension(X509* certificate, X509* issuer, int nid, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
    PCG_ASSERT(extension != nullptr);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

void setName(X509* certificate, const std::string& commonName) {
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate),
                               "CN",
                               MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(commonName.c_str()),
                               -1,
                               -1,
                               0);
}

Certificate blank(EVP_PKEY* key, const std::string& commonName, int fromDays, int toDays) {
    static std::atomic<long> serial{1};
    constexpr long kDay = 24L * 60 * 60;
    Certificate certificate(X509_new());
    X509_set_version(certificate.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial++);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), fromDays * kDay);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), toDays * kDay);
    X509_set_pubkey(certificate.get(), key);
    setName(certificate.get(), commonName);
    return certificate;
}

std::string alternativeNames(const LeafOptions& options) {
    std::string names;
    for (const auto& name : options.dnsNames) names += (names.empty() ? "DNS:" : ",DNS:") + name;
    for (const auto& address : options.addresses)
        names += (names.empty() ? "IP:" : ",IP:") + address;
    return names;
}

Pem makeLeaf(const LeafOptions& options, X509* issuer, EVP_PKEY* issuerKey) {
    const Key key = newKey(options.rsa);
    const Certificate leaf =
        blank(key.get(), options.commonName, options.validFromDays, options.validToDays);
    X509* signer = issuer != nullptr ? issuer : leaf.get();
    X509_set_issuer_name(leaf.get(), X509_get_subject_name(signer));
    addExtension(leaf.get(), signer, NID_basic_constraints, "critical,CA:FALSE");
    addExtension(leaf.get(), signer, NID_ext_key_usage, options.extendedKeyUsage);
    const std::string names = alternativeNames(options);
    if (!names.empty()) addExtension(leaf.get(), signer, NID_subject_alt_name, names);
    X509_sign(leaf.get(), issuerKey != nullptr ? issuerKey : key.get(), EVP_sha256());
    return {pemOf(leaf.get()), pemOf(key.get())};
}

}  // namespace

struct TestCa::State {
    Key key;
    Certificate certificate;
};

TestCa::TestCa(const std::string& commonName) : state_(std::make_unique<State>()) {
    state_->key = newKey(false);
    state_->certificate = blank(state_->key.get(), commonName, -1, 365);
    X509* certificate = state_->certificate.get();
    X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
    addExtension(certificate, certificate, NID_basic_constraints, "critical,CA:TRUE");
    addExtension(certificate, certificate, NID_key_usage, "critical,keyCertSign,cRLSign");
    addExtension(certificate, certificate, NID_subject_key_identifier, "hash");
    X509_sign(certificate, state_->key.get(), EVP_sha256());
    pem_ = pemOf(certificate);
}

TestCa::~TestCa() = default;

Pem TestCa::issue(const LeafOptions& options) const {
    return makeLeaf(options, state_->certificate.get(), state_->key.get());
}

Pem selfSigned(const LeafOptions& options) { return makeLeaf(options, nullptr, nullptr); }

}  // namespace pcg::test
