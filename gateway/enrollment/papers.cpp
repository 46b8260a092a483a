// SPDX-License-Identifier: Apache-2.0
#include "gateway/enrollment/papers.h"

#include "common/crypto/jws.h"
#include "common/crypto/x509.h"
#include "common/identity/nats_jwt.h"
#include "gateway/enrollment/errc.h"
#include "pairing/sealed_bundle.h"

namespace pcg::gateway {
namespace {

constexpr std::chrono::hours kMaxJwtLifetime{24};  // docs/protocol/identity.md

tl::unexpected<Error> wrong(std::string_view what) {
    return fail(kPapers, "the papers from the control plane are refused: " + std::string(what));
}

Result<crypto::CertificateChain> rootsOf(const Bytes& rootDer) {
    crypto::CertificateChain roots;
    roots.push_back(PCG_TRY(crypto::Certificate::fromDer(rootDer)));
    return roots;
}

}  // namespace

Result<> checkCertificate(const ProvisionedPairing& provisioned,
                          std::string_view chainPem,
                          BytesView spki,
                          WallTime now) {
    const auto& bundle = provisioned.bundle;
    const auto roots = PCG_TRY(rootsOf(provisioned.controlPlaneRootDer));
    const auto chain = PCG_TRY(crypto::parsePemCertificates(std::string(chainPem)));
    if (chain.empty() || chain.front().publicSpki() != toBytes(spki)) {
        return wrong("the certificate is not for this gateway's key");
    }
    PCG_TRY(crypto::verifyChain(chain, roots, crypto::Purpose::ClientAuth, now));
    const auto& names = chain.front().names();
    const auto path = "/tenant/" + bundle.tenantId + "/gateway/" + bundle.gatewayId;
    if (names.uris.size() != 1 || !names.uris.front().starts_with("spiffe://") ||
        !names.uris.front().ends_with(path)) {
        return wrong("the certificate names another gateway or tenant");
    }
    return {};
}

WallTime certificateDue(const ProvisionedPairing& provisioned) {
    const auto chain = crypto::parsePemCertificates(provisioned.bundle.clientCertChain);
    if (!chain || chain->empty()) return WallTime::min();
    const auto issued = fromUnixMilliseconds(provisioned.certificateIssuedAt);
    const auto life =
        std::min<WallTime::duration>(chain->front().notAfter() - issued, std::chrono::days(30));
    return issued + life / 3 * 2;
}

Result<> checkUserJwt(const pairing::Bundle& bundle,
                      const GatewayKeys& keys,
                      std::string_view jwt,
                      WallTime now) {
    const auto verified = PCG_TRY(identity::verifyUserJwt(jwt));
    const auto account = PCG_TRY(identity::AccountKey::parse(bundle.bus.accountPub));
    return identity::checkGatewayJwt(
        verified, keys.nkey.publicKey(), account, now, kMaxJwtLifetime);
}

Result<ProvisionedPairing> openPapers(const AcceptedPairing& accepted,
                                      const GatewayKeys& keys,
                                      const pairing::SealedBundle& sealed,
                                      WallTime now) {
    const auto text =
        PCG_TRY(pairing::openBundle(sealed, accepted.encPrivate, accepted.pth, accepted.claimId));
    const auto roots = PCG_TRY(rootsOf(accepted.controlPlaneRootDer));
    const auto jws = PCG_TRY(crypto::UnverifiedJws::parse(text));
    const auto payload = PCG_TRY(
        jws.verifyByChain(pairing::kBundleType, roots, crypto::Purpose::EnrollmentSigning, now));
    ProvisionedPairing provisioned;
    provisioned.bundle = PCG_TRY(pairing::Bundle::parse(asText(payload)));
    const auto& bundle = provisioned.bundle;
    if (bundle.pth != accepted.pth) return wrong("they belong to another pairing");
    if (bundle.gatewayId != keys.gatewayId()) return wrong("they are for another gateway");
    if (bundle.tenantId != accepted.tenantId)
        return wrong("they are from another tenant than the accepted one");
    if (bundle.bus.subjectPrefix != "pcg.v1." + keys.nkey.publicKey().text()) {
        return wrong("the bus subjects are not this gateway's");
    }
    provisioned.claimId = accepted.claimId;
    provisioned.controlPlaneRootDer = accepted.controlPlaneRootDer;
    provisioned.ratchet.value = bundle.ratchet;
    provisioned.certificateIssuedAt = bundle.issuedAt;
    PCG_TRY(checkCertificate(provisioned, bundle.clientCertChain, keys.tls.publicSpki(), now));
    PCG_TRY(checkUserJwt(bundle, keys, bundle.bus.userJwt, now));
    return provisioned;
}

}  // namespace pcg::gateway
