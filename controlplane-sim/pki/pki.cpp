// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/pki/pki.h"

namespace pcg::controlplane {
namespace {

using crypto::Certificate;
using crypto::CertificateAuthority;
using crypto::EcKey;

constexpr crypto::Days kServerLifetime{397};

Result<std::optional<EcKey>> loadKey(const PkiStorage& storage, const std::string& name) {
    const auto stored = PCG_TRY(storage.get(name + ".key"));
    if (!stored) return std::nullopt;
    return PCG_TRY(EcKey::fromPkcs8(*stored));
}

Result<std::optional<Certificate>> loadCertificate(const PkiStorage& storage,
                                                   const std::string& name) {
    const auto stored = PCG_TRY(storage.get(name + ".crt"));
    if (!stored) return std::nullopt;
    return PCG_TRY(Certificate::fromDer(stored->reveal()));
}

// The certificate is written last: a crash in between leaves a key without one, and both are made
// anew.
Result<> save(const PkiStorage& storage,
              const std::string& name,
              const EcKey& key,
              const Certificate& certificate) {
    PCG_TRY(storage.put(name + ".key", PCG_TRY(key.toPkcs8())));
    return storage.put(name + ".crt", Secret(certificate.der()));
}

template <class Make>
Result<CertificateAuthority> authority(const PkiStorage& storage,
                                       const std::string& name,
                                       Make&& make) {
    auto key = PCG_TRY(loadKey(storage, name));
    auto certificate = PCG_TRY(loadCertificate(storage, name));
    if (key && certificate)
        return CertificateAuthority::restore(std::move(*certificate), std::move(*key));
    auto made = PCG_TRY(make());
    PCG_TRY(save(storage, name, made.key(), made.certificate()));
    return made;
}

Result<EnrollSigner> openEnrollSigner(const PkiStorage& storage,
                                      const CertificateAuthority& issuing,
                                      const Certificate& root,
                                      WallTime now) {
    auto key = PCG_TRY(loadKey(storage, "enroll"));
    auto certificate = PCG_TRY(loadCertificate(storage, "enroll"));
    // Bundles are signed now and verified within minutes: a signer near its end is replaced at
    // start.
    const bool fresh = certificate && certificate->notAfter() > now + crypto::Days{30};
    if (!key || !fresh) {
        key = PCG_TRY(EcKey::generate(crypto::EcCurve::P256));
        certificate =
            PCG_TRY(issuing.issueEnrollmentSigner(key->publicSpki(), "PCG Enrollment", now));
        PCG_TRY(save(storage, "enroll", *key, *certificate));
    }
    crypto::CertificateChain chain{std::move(*certificate), issuing.certificate(), root};
    return EnrollSigner{std::move(*key), std::move(chain)};
}

Result<EcKey> openCommandKey(const PkiStorage& storage) {
    if (auto key = PCG_TRY(loadKey(storage, "command"))) return std::move(*key);
    auto key = PCG_TRY(EcKey::generate(crypto::EcCurve::P256));
    PCG_TRY(storage.put("command.key", PCG_TRY(key.toPkcs8())));
    return key;
}

}  // namespace

Result<Pki> Pki::open(const PkiStorage& storage,
                      WallTime now,
                      std::chrono::seconds gatewayLifetime) {
    const auto root = PCG_TRY(authority(
        storage, "root", [&] { return CertificateAuthority::createRoot("PCG Root", now); }));
    const auto issuing =
        [&](const std::string& name, std::string commonName, crypto::Purpose purpose) {
            return authority(storage, name, [&] {
                crypto::IssuingProfile profile;
                profile.commonName = std::move(commonName);
                profile.purpose = purpose;
                return root.createIssuing(profile, now);
            });
        };
    auto servers = PCG_TRY(issuing("servers", "PCG Servers", crypto::Purpose::ServerAuth));
    auto gateways = PCG_TRY(issuing("gateways", "PCG Gateways", crypto::Purpose::ClientAuth));
    const auto enrollment =
        PCG_TRY(issuing("enrollment", "PCG Enrollment CA", crypto::Purpose::EnrollmentSigning));
    auto signer = PCG_TRY(openEnrollSigner(storage, enrollment, root.certificate(), now));
    auto command = PCG_TRY(openCommandKey(storage));
    return Pki(root.certificate(),
               std::move(servers),
               std::move(gateways),
               std::move(signer),
               std::move(command),
               gatewayLifetime);
}

Result<net::CertificateAndKey> Pki::serverIdentity(const std::vector<std::string>& dnsNames,
                                                   const std::vector<std::string>& ipAddresses,
                                                   WallTime now) const {
    const auto key = PCG_TRY(EcKey::generate(crypto::EcCurve::P256));
    const crypto::ServerProfile profile{dnsNames, ipAddresses, kServerLifetime};
    const auto leaf = PCG_TRY(servers_.issueServer(key.publicSpki(), profile, now));
    auto pem = leaf.pem() + servers_.certificate().pem() + root_.pem();
    auto keyPem = PCG_TRY(key.toPem());
    return net::CertificateAndKey{std::move(pem), std::move(keyPem)};
}

Result<net::CertificateAndKey> Pki::platformClientIdentity(WallTime now) const {
    const auto key = PCG_TRY(EcKey::generate(crypto::EcCurve::P256));
    const crypto::GatewayProfile profile{kTrustDomain, "platform", "platform", kServerLifetime};
    const auto leaf = PCG_TRY(gateways_.issueGateway(key.publicSpki(), profile, now));
    auto keyPem = PCG_TRY(key.toPem());
    return net::CertificateAndKey{leaf.pem() + gateways_.certificate().pem(), std::move(keyPem)};
}

Result<crypto::CertificateChain> Pki::issueGateway(BytesView spki,
                                                   const std::string& tenantId,
                                                   const std::string& gatewayId,
                                                   WallTime now) const {
    crypto::GatewayProfile profile;
    profile.trustDomain = kTrustDomain;
    profile.tenantId = tenantId;
    profile.gatewayId = gatewayId;
    profile.lifetime = gatewayLifetime_;
    auto leaf = PCG_TRY(gateways_.issueGateway(spki, profile, now));
    return crypto::CertificateChain{std::move(leaf), gateways_.certificate()};
}

}  // namespace pcg::controlplane
