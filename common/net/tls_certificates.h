// SPDX-License-Identifier: Apache-2.0
// X.509 material for tls_context.cpp: loading PEM texts from memory and reading what a peer
// presented. Private to this folder (OpenSSL types are visible).
#pragma once

#include "common/net/tls_context.h"

#include <openssl/x509.h>

#include <memory>

namespace pcg::net {

struct OpenSslDeleter {
    void operator()(X509* certificate) const { X509_free(certificate); }

    void operator()(STACK_OF(X509) * stack) const { sk_X509_free(stack); }  // not the certificates

    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }

    void operator()(BIO* bio) const { BIO_free(bio); }
};

using X509Ptr = std::unique_ptr<X509, OpenSslDeleter>;
using X509Stack = std::unique_ptr<STACK_OF(X509), OpenSslDeleter>;
using KeyPtr = std::unique_ptr<EVP_PKEY, OpenSslDeleter>;
using BioPtr = std::unique_ptr<BIO, OpenSslDeleter>;

// The newest entry of OpenSSL's error queue; empties the queue.
std::string openSslReason();

PresentedCertificate describeCertificate(X509* certificate);
Sha256 spkiSha256(X509* certificate);

Result<std::vector<X509Ptr>> parseCertificates(const std::string& pem);
Result<> addTrustedPem(SSL_CTX* context, const std::string& pem);
Result<> useIdentity(SSL_CTX* context, const CertificateAndKey& identity);

}  // namespace pcg::net
