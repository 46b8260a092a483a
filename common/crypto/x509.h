// SPDX-License-Identifier: Apache-2.0
// X.509 certificates: parsing, the facts we use, and chain verification against given roots (RFC
// 5280).
//
// The system's trust store is never consulted: whoever verifies names the roots. Holding a
// Certificate means that it parsed, not that it is trusted. Immutable, so free to be used from
// several threads.
#pragma once

#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/base/result.h"
#include "common/crypto/pkey_handle.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pcg::crypto {

using Sha256Fingerprint = ByteArray<32>;

// Subject alternative names; IP addresses as text ("127.0.0.1", "::1"). A name that holds a NUL
// fails the parse.
struct SubjectNames {
    std::vector<std::string> uris;
    std::vector<std::string> dnsNames;
    std::vector<std::string> ipAddresses;
};

class Certificate {
  public:
    // crypto.certificate; the DER must be the whole input.
    static Result<Certificate> fromDer(BytesView der);

    const Bytes& der() const { return der_; }

    std::string pem() const;

    // SHA-256 of the whole certificate: what a person compares and what a pin names.
    Sha256Fingerprint sha256() const;
    // SHA-256 of the SubjectPublicKeyInfo: survives renewal with the same key.
    Sha256Fingerprint spkiSha256() const;

    const Bytes& publicSpki() const { return spki_; }

    const SubjectNames& names() const { return names_; }

    // One line, RFC 2253 order, for messages; never for decisions.
    std::string subject() const;
    std::string issuer() const;
    std::string serialHex() const;
    WallTime notBefore() const;
    WallTime notAfter() const;
    bool isAuthority() const;   // basicConstraints CA:TRUE
    bool isSelfIssued() const;  // subject equals issuer

    const X509Handle& handle() const { return handle_; }

  private:
    Certificate(X509Handle handle, Bytes der, Bytes spki, SubjectNames names)
        : handle_(std::move(handle)),
          der_(std::move(der)),
          spki_(std::move(spki)),
          names_(std::move(names)) {}

    X509Handle handle_;
    Bytes der_;
    Bytes spki_;
    SubjectNames names_;
};

using CertificateChain = std::vector<Certificate>;  // leaf first

// One to 16 CERTIFICATE blocks in their order; any other kind of block, or text that breaks off, is
// refused. Text before, between and after blocks is ignored, as RFC 7468 section 2 allows.
Result<CertificateChain> parsePemCertificates(std::string_view pem);
std::string toPem(std::span<const Certificate> chain);

// What the leaf must be allowed to do, by its extended key usage.
enum class Purpose {
    ServerAuth,
    ClientAuth,
    EnrollmentSigning,  // kEnrollmentSigningOid: signs pairing bundles
    AnyPurpose
};

// An OID under 2.25 (ITU-T X.667), made from a random UUID: needs no registration and belongs to
// nobody else.
inline constexpr const char* kEnrollmentSigningOid = "2.25.57762440520470069172880113622545899772";

// Verifies chain[0] up to one of `roots`; chain[1..] are untrusted intermediates. crypto.untrusted,
// with the reason in words. Names are not compared: that is the caller's business.
[[nodiscard]] Result<> verifyChain(std::span<const Certificate> chain,
                                   std::span<const Certificate> roots,
                                   Purpose purpose,
                                   WallTime at);

}  // namespace pcg::crypto
