// SPDX-License-Identifier: Apache-2.0
// The control plane's private certificate authority: a P-384 root and issuing authorities under it.
//
// Every certificate: 128-bit random serial, notBefore five minutes in the past (clocks differ), SKI
// and AKI, critical basicConstraints and keyUsage. It decides every field; requests contribute a
// public key only. Immutable; lifetimes are in wall time.
#pragma once

#include "common/crypto/ec_key.h"
#include "common/crypto/x509.h"

#include <chrono>
#include <string>
#include <vector>

namespace pcg::crypto {

using Days = std::chrono::days;

struct IssuingProfile {
    std::string commonName;
    Days lifetime{5 * 365};
    Purpose purpose = Purpose::AnyPurpose;  // what its leaves may be for
    std::string permittedUriHost;           // when not empty: name constraint for URI names
};

struct ServerProfile {
    std::vector<std::string> dnsNames;
    std::vector<std::string> ipAddresses;
    Days lifetime{90};
};

struct GatewayProfile {
    std::string trustDomain;
    std::string tenantId;
    std::string gatewayId;
    std::chrono::seconds lifetime = Days{30};
};

class CertificateAuthority {
  public:
    static Result<CertificateAuthority> createRoot(std::string_view commonName,
                                                   WallTime now,
                                                   Days lifetime = Days{10 * 365});

    // crypto.key when the key is not the certificate's, crypto.certificate when that is no
    // authority.
    static Result<CertificateAuthority> restore(Certificate certificate, EcKey key);

    // P-384, pathlen 0.
    Result<CertificateAuthority> createIssuing(const IssuingProfile& profile, WallTime now) const;

    // serverAuth. At least one name; crypto.certificate on an unparsable address or empty name.
    Result<Certificate> issueServer(BytesView spki,
                                    const ServerProfile& profile,
                                    WallTime now) const;

    // clientAuth, and exactly one name: gatewayUri(profile).
    Result<Certificate> issueGateway(BytesView spki,
                                     const GatewayProfile& profile,
                                     WallTime now) const;

    // For the key that signs pairing bundles (Purpose::EnrollmentSigning), no name.
    Result<Certificate> issueEnrollmentSigner(BytesView spki,
                                              std::string_view commonName,
                                              WallTime now,
                                              Days lifetime = Days{365}) const;

    const Certificate& certificate() const { return certificate_; }

    const EcKey& key() const { return key_; }

  private:
    CertificateAuthority(Certificate certificate, EcKey key)
        : certificate_(std::move(certificate)), key_(std::move(key)) {}

    Certificate certificate_;
    EcKey key_;
};

// "spiffe://<trust-domain>/tenant/<tenant>/gateway/<gateway>"
std::string gatewayUri(const GatewayProfile& profile);

}  // namespace pcg::crypto
