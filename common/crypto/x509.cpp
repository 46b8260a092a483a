// SPDX-License-Identifier: Apache-2.0
#include "common/crypto/x509.h"

#include "common/codec/base64.h"
#include "common/crypto/errc.h"
#include "common/crypto/openssl_error.h"
#include "common/crypto/openssl_ptr.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <optional>

#include <arpa/inet.h>

namespace pcg::crypto {
namespace {

constexpr std::size_t kMaxCertificateSize = 64 * 1024;
constexpr std::size_t kMaxPemSize = 1024 * 1024;
constexpr std::size_t kMaxChainLength = 16;

Sha256Fingerprint sha256Of(BytesView bytes) {
    Sha256Fingerprint digest{};
    EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
    return digest;
}

std::string_view viewOf(const ASN1_STRING* text) {
    return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
            static_cast<std::size_t>(ASN1_STRING_length(text))};
}

std::string addressText(const ASN1_OCTET_STRING* address) {
    char text[INET6_ADDRSTRLEN] = {};
    const int size = ASN1_STRING_length(address);
    const int family = size == 4 ? AF_INET : AF_INET6;
    if (size != 4 && size != 16) return {};
    inet_ntop(family, ASN1_STRING_get0_data(address), text, sizeof text);
    return text;
}

Result<SubjectNames> readNames(const X509* certificate) {
    SubjectNames names;
    int position = 0;
    const GeneralNamesPtr list(static_cast<GENERAL_NAMES*>(
        X509_get_ext_d2i(certificate, NID_subject_alt_name, &position, nullptr)));
    if (!list) {
        if (position == -1) return names;  // there is no such extension
        return failOpenSsl(kCertificate, "The certificate's alternative names cannot be read.");
    }
    for (int i = 0; i < sk_GENERAL_NAME_num(list.get()); ++i) {
        const GENERAL_NAME* name = sk_GENERAL_NAME_value(list.get(), i);
        if (name->type == GEN_IPADD) {
            names.ipAddresses.push_back(addressText(name->d.iPAddress));
            continue;
        }
        if (name->type != GEN_URI && name->type != GEN_DNS) continue;
        const std::string text(viewOf(name->d.ia5));
        // "good.example\0.evil.example" has fooled comparisons that stop at the NUL.
        if (text.find('\0') != std::string::npos) {
            return fail(kCertificate, "The certificate has a name with a NUL byte in it.");
        }
        (name->type == GEN_URI ? names.uris : names.dnsNames).push_back(text);
    }
    return names;
}

std::string nameText(const X509_NAME* name) {
    const BioPtr memory(BIO_new(BIO_s_mem()));
    if (!memory || X509_NAME_print_ex(memory.get(), name, 0, XN_FLAG_RFC2253) < 0) return {};
    char* text = nullptr;
    const auto size = BIO_get_mem_data(memory.get(), &text);
    return {text, static_cast<std::size_t>(size)};
}

WallTime timeOf(const ASN1_TIME* time) {
    std::tm parts{};
    if (ASN1_TIME_to_tm(time, &parts) != 1) return {};
    return std::chrono::system_clock::from_time_t(timegm(&parts));
}

struct PemBlock {
    char* name = nullptr;
    char* header = nullptr;
    unsigned char* data = nullptr;
    long size = 0;

    PemBlock() = default;
    PemBlock(const PemBlock&) = delete;
    PemBlock& operator=(const PemBlock&) = delete;

    ~PemBlock() {
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_clear_free(data, static_cast<std::size_t>(size));
    }
};

// Nothing left is success without a certificate.
Result<std::optional<Certificate>> readPemBlock(BIO* input) {
    PemBlock block;
    if (PEM_read_bio(input, &block.name, &block.header, &block.data, &block.size) != 1) {
        if (ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE) {
            drainOpenSslErrors();
            return std::nullopt;
        }
        return failOpenSsl(kCertificate, "The PEM text is damaged or was cut off.");
    }
    if (std::string_view(block.name) != "CERTIFICATE") {
        return fail(kCertificate,
                    "The PEM text has a block that is not a certificate; give a file with BEGIN "
                    "CERTIFICATE blocks only.");
    }
    auto certificate =
        PCG_TRY(Certificate::fromDer({block.data, static_cast<std::size_t>(block.size)}));
    return std::optional<Certificate>(std::move(certificate));
}

}  // namespace

Result<Certificate> Certificate::fromDer(BytesView der) {
    if (der.empty() || der.size() > kMaxCertificateSize) {
        return fail(kCertificate, "The certificate has an impossible length.");
    }
    const auto* cursor = der.data();
    X509Handle handle(d2i_X509(nullptr, &cursor, static_cast<long>(der.size())), X509_free);
    if (!handle) return failOpenSsl(kCertificate, "The certificate is not X.509 DER.");
    if (cursor != der.data() + der.size()) {
        return fail(kCertificate, "The certificate has bytes after its end.");
    }
    auto names = PCG_TRY(readNames(handle.get()));
    unsigned char* encoded = nullptr;
    const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(handle.get()), &encoded);
    if (size <= 0) return failOpenSsl(kCertificate, "The certificate's public key cannot be read.");
    Bytes spki(encoded, encoded + size);
    OPENSSL_free(encoded);
    return Certificate(std::move(handle), toBytes(der), std::move(spki), std::move(names));
}

std::string Certificate::pem() const {
    const auto body = codec::base64Encode(der_);
    std::string text = "-----BEGIN CERTIFICATE-----\n";
    for (std::size_t i = 0; i < body.size(); i += 64) text.append(body, i, 64).push_back('\n');
    return text + "-----END CERTIFICATE-----\n";
}

Sha256Fingerprint Certificate::sha256() const { return sha256Of(der_); }

Sha256Fingerprint Certificate::spkiSha256() const { return sha256Of(spki_); }

std::string Certificate::subject() const { return nameText(X509_get_subject_name(handle_.get())); }

std::string Certificate::issuer() const { return nameText(X509_get_issuer_name(handle_.get())); }

std::string Certificate::serialHex() const {
    return toHex(asBytes(viewOf(X509_get0_serialNumber(handle_.get()))));
}

WallTime Certificate::notBefore() const { return timeOf(X509_get0_notBefore(handle_.get())); }

WallTime Certificate::notAfter() const { return timeOf(X509_get0_notAfter(handle_.get())); }

bool Certificate::isAuthority() const { return X509_check_ca(handle_.get()) == 1; }

bool Certificate::isSelfIssued() const {
    return X509_NAME_cmp(X509_get_subject_name(handle_.get()),
                         X509_get_issuer_name(handle_.get())) == 0;
}

Result<CertificateChain> parsePemCertificates(std::string_view pem) {
    if (pem.size() > kMaxPemSize) return fail(kCertificate, "The PEM text is longer than 1 MiB.");
    const BioPtr input(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    if (!input) return failOpenSsl(kLibrary, "The PEM text could not be read.");
    CertificateChain chain;
    while (auto certificate = PCG_TRY(readPemBlock(input.get()))) {
        if (chain.size() == kMaxChainLength) {
            return fail(kCertificate, "The PEM text has more than 16 certificates.");
        }
        chain.push_back(std::move(*certificate));
    }
    if (chain.empty()) {
        return fail(
            kCertificate,
            "There is no certificate in the PEM text; it must have a line BEGIN CERTIFICATE.");
    }
    return chain;
}

std::string toPem(std::span<const Certificate> chain) {
    std::string text;
    for (const auto& certificate : chain) text += certificate.pem();
    return text;
}

}  // namespace pcg::crypto
