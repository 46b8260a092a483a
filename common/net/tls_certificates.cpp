// SPDX-License-Identifier: Apache-2.0
#include "common/net/tls_certificates.h"

#include "common/base/text.h"
#include "common/net/errc.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

namespace pcg::net {
namespace {

Sha256 sha256(BytesView bytes) {
    Sha256 digest{};
    EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
    return digest;
}

std::string textOf(BIO* bio) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    return {data, static_cast<std::size_t>(std::max(0L, size))};
}

// RFC 2253 with UTF-8 kept and control characters escaped: safe for a log line and a terminal.
std::string nameText(const X509_NAME* name) {
    const BioPtr out(BIO_new(BIO_s_mem()));
    X509_NAME_print_ex(
        out.get(), name, 0, (XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) | ASN1_STRFLGS_ESC_CTRL);
    return textOf(out.get());
}

std::string timeText(const ASN1_TIME* time) {
    const BioPtr out(BIO_new(BIO_s_mem()));
    ASN1_TIME_print(out.get(), time);
    return textOf(out.get());
}

BioPtr readOnly(std::string_view text) {
    return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// An encrypted key must not make OpenSSL ask on the terminal.
int noPassphrase(char*, int, int, void*) { return 0; }

}  // namespace

std::string openSslReason() {
    const unsigned long code = ERR_peek_last_error();
    ERR_clear_error();
    const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
    return reason == nullptr ? "no reason given" : reason;
}

std::string PresentedCertificate::sha256Hex() const { return toHex(sha256); }

PresentedCertificate describeCertificate(X509* certificate) {
    PresentedCertificate seen;
    unsigned char* der = nullptr;
    const int size = i2d_X509(certificate, &der);
    if (size > 0) seen.der.assign(der, der + size);
    OPENSSL_free(der);
    seen.sha256 = sha256(seen.der);
    seen.subject = nameText(X509_get_subject_name(certificate));
    seen.issuer = nameText(X509_get_issuer_name(certificate));
    seen.notBefore = timeText(X509_get0_notBefore(certificate));
    seen.notAfter = timeText(X509_get0_notAfter(certificate));
    return seen;
}

Sha256 spkiSha256(X509* certificate) {
    unsigned char* der = nullptr;
    const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
    const Sha256 digest = sha256({der, static_cast<std::size_t>(std::max(0, size))});
    OPENSSL_free(der);
    return digest;
}

Result<std::vector<X509Ptr>> parseCertificates(const std::string& pem) {
    std::vector<X509Ptr> certificates;
    const BioPtr in = readOnly(pem);
    while (X509* certificate = PEM_read_bio_X509(in.get(), nullptr, &noPassphrase, nullptr)) {
        certificates.emplace_back(certificate);
    }
    const unsigned long end = ERR_peek_last_error();
    const bool clean =
        ERR_GET_LIB(end) == ERR_LIB_PEM && ERR_GET_REASON(end) == PEM_R_NO_START_LINE;
    const std::string reason = openSslReason();
    if (certificates.empty() || !clean) {
        return fail(kTlsMaterial,
                    "the PEM text holds " +
                        (certificates.empty() ? "no certificate"
                                              : "a damaged certificate (" + reason + ")") +
                        "; it must be one or more \"BEGIN CERTIFICATE\" blocks");
    }
    return certificates;
}

Result<> addTrustedPem(SSL_CTX* context, const std::string& pem) {
    auto certificates = PCG_TRY(parseCertificates(pem));
    X509_STORE* store = SSL_CTX_get_cert_store(context);
    for (const X509Ptr& certificate : certificates) {
        if (X509_STORE_add_cert(store, certificate.get()) != 1) {
            return fail(kTlsMaterial, "a trusted certificate cannot be used: " + openSslReason());
        }
    }
    return {};
}

Result<> useIdentity(SSL_CTX* context, const CertificateAndKey& identity) {
    auto chain = PCG_TRY(parseCertificates(identity.chainPem));
    const BioPtr in = readOnly(identity.keyPem.revealText());
    const KeyPtr key(PEM_read_bio_PrivateKey(in.get(), nullptr, &noPassphrase, nullptr));
    if (!key) {
        return fail(kTlsMaterial,
                    "the private key is not an unencrypted PEM key: " + openSslReason());
    }
    if (SSL_CTX_use_certificate(context, chain.front().get()) != 1) {
        return fail(kTlsMaterial, "the certificate cannot be used: " + openSslReason());
    }
    if (SSL_CTX_use_PrivateKey(context, key.get()) != 1 ||
        SSL_CTX_check_private_key(context) != 1) {
        return fail(kTlsMaterial,
                    "the private key does not belong to the certificate: " + openSslReason());
    }
    for (std::size_t i = 1; i < chain.size(); ++i) {
        if (SSL_CTX_add1_chain_cert(context, chain[i].get()) != 1) {
            return fail(kTlsMaterial,
                        "a certificate of the chain cannot be used: " + openSslReason());
        }
    }
    return {};
}

Result<Sha256> spkiSha256OfPem(const std::string& certificatePem) {
    auto certificates = PCG_TRY(parseCertificates(certificatePem));
    return spkiSha256(certificates.front().get());
}

Result<Sha256> parseSha256Pin(std::string_view text) {
    std::string digits;
    for (const char c : trimAscii(text)) {
        if (c != ':') digits.push_back(c);
    }
    if (digits.size() == 40) {
        return fail(
            kTlsMaterial,
            "the pin has 40 hex digits, which is a SHA-1 thumbprint; give the SHA-256 (64 digits)");
    }
    const auto bytes = fromHex(digits);
    if (!bytes || bytes->size() != 32) {
        return fail(kTlsMaterial, "the pin must be a SHA-256 of 64 hex digits, colons allowed");
    }
    Sha256 pin{};
    std::copy(bytes->begin(), bytes->end(), pin.begin());
    return pin;
}

}  // namespace pcg::net
