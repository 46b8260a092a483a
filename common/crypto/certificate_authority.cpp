// SPDX-License-Identifier: Apache-2.0
#include "common/crypto/certificate_authority.h"

#include "common/crypto/certificate_builder.h"
#include "common/crypto/errc.h"

#include <algorithm>

namespace pcg::crypto {
namespace {

// What may stand in a URI's host or path segment without escaping. Everything else is refused, not
// escaped: the values are ours.
bool isPlainName(std::string_view text) {
    return !text.empty() && text.size() <= 253 && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
    });
}

std::string_view usageOf(Purpose purpose) {
    switch (purpose) {
        case Purpose::ServerAuth:
            return "serverAuth";
        case Purpose::ClientAuth:
            return "clientAuth";
        case Purpose::EnrollmentSigning:
            return kEnrollmentSigningOid;
        case Purpose::AnyPurpose:
            break;
    }
    return {};
}

// A leaf never outlives the authority that vouches for it.
WallTime endOf(WallTime now, std::chrono::seconds lifetime, const Certificate& issuer) {
    return std::min<WallTime>(now + lifetime, issuer.notAfter());
}

}  // namespace

std::string gatewayUri(const GatewayProfile& profile) {
    return "spiffe://" + profile.trustDomain + "/tenant/" + profile.tenantId + "/gateway/" +
           profile.gatewayId;
}

Result<CertificateAuthority> CertificateAuthority::createRoot(std::string_view commonName,
                                                              WallTime now,
                                                              Days lifetime) {
    auto key = PCG_TRY(EcKey::generate(EcCurve::P384));
    auto builder = PCG_TRY(CertificateBuilder::create(key.publicSpki(), commonName));
    PCG_TRY(builder.setValidity(now, now + lifetime));
    auto certificate = PCG_TRY(std::move(builder).selfSign(key));
    return CertificateAuthority(std::move(certificate), std::move(key));
}

Result<CertificateAuthority> CertificateAuthority::restore(Certificate certificate, EcKey key) {
    if (!certificate.isAuthority()) {
        return fail(kCertificate,
                    "The certificate \"" + certificate.subject() + "\" is no authority.");
    }
    if (certificate.publicSpki() != key.publicSpki()) {
        return fail(
            kKey, "The key does not belong to the certificate \"" + certificate.subject() + "\".");
    }
    return CertificateAuthority(std::move(certificate), std::move(key));
}

Result<CertificateAuthority> CertificateAuthority::createIssuing(const IssuingProfile& profile,
                                                                 WallTime now) const {
    if (!profile.permittedUriHost.empty() && !isPlainName(profile.permittedUriHost)) {
        return fail(kCertificate, "The trust domain must be a plain lower-case host name.");
    }
    auto key = PCG_TRY(EcKey::generate(EcCurve::P384));
    auto builder = PCG_TRY(CertificateBuilder::create(key.publicSpki(), profile.commonName));
    PCG_TRY(builder.setValidity(now, endOf(now, profile.lifetime, certificate_)));
    PCG_TRY(builder.addConstant(certificate_, "basicConstraints", "critical,CA:TRUE,pathlen:0"));
    PCG_TRY(builder.addConstant(certificate_, "keyUsage", "critical,keyCertSign,cRLSign"));
    if (const auto usage = usageOf(profile.purpose); !usage.empty()) {
        PCG_TRY(builder.addConstant(certificate_, "extendedKeyUsage", std::string(usage)));
    }
    if (!profile.permittedUriHost.empty()) {
        PCG_TRY(builder.addConstant(
            certificate_, "nameConstraints", "critical,permitted;URI:" + profile.permittedUriHost));
    }
    auto certificate = PCG_TRY(std::move(builder).sign(certificate_, key_));
    return CertificateAuthority(std::move(certificate), std::move(key));
}

Result<Certificate> CertificateAuthority::issueServer(BytesView spki,
                                                      const ServerProfile& profile,
                                                      WallTime now) const {
    if (profile.dnsNames.empty() && profile.ipAddresses.empty()) {
        return fail(kCertificate,
                    "A server certificate needs at least one DNS name or IP address.");
    }
    const std::string& first =
        profile.dnsNames.empty() ? profile.ipAddresses.front() : profile.dnsNames.front();
    auto builder = PCG_TRY(CertificateBuilder::create(spki, first));
    PCG_TRY(builder.setValidity(now, endOf(now, profile.lifetime, certificate_)));
    PCG_TRY(builder.addLeafExtensions(certificate_, usageOf(Purpose::ServerAuth)));
    PCG_TRY(builder.addNames(SubjectNames{{}, profile.dnsNames, profile.ipAddresses}));
    return std::move(builder).sign(certificate_, key_);
}

Result<Certificate> CertificateAuthority::issueGateway(BytesView spki,
                                                       const GatewayProfile& profile,
                                                       WallTime now) const {
    if (!isPlainName(profile.trustDomain) || !isPlainName(profile.tenantId) ||
        !isPlainName(profile.gatewayId)) {
        return fail(kCertificate,
                    "Trust domain, tenant and gateway must be plain lower-case names.");
    }
    auto builder = PCG_TRY(CertificateBuilder::create(spki, profile.gatewayId));
    PCG_TRY(builder.setValidity(now, endOf(now, profile.lifetime, certificate_)));
    PCG_TRY(builder.addLeafExtensions(certificate_, usageOf(Purpose::ClientAuth)));
    PCG_TRY(builder.addNames(SubjectNames{{gatewayUri(profile)}, {}, {}}));
    return std::move(builder).sign(certificate_, key_);
}

Result<Certificate> CertificateAuthority::issueEnrollmentSigner(BytesView spki,
                                                                std::string_view commonName,
                                                                WallTime now,
                                                                Days lifetime) const {
    auto builder = PCG_TRY(CertificateBuilder::create(spki, commonName));
    PCG_TRY(builder.setValidity(now, endOf(now, lifetime, certificate_)));
    PCG_TRY(builder.addLeafExtensions(certificate_, usageOf(Purpose::EnrollmentSigning)));
    return std::move(builder).sign(certificate_, key_);
}

}  // namespace pcg::crypto
