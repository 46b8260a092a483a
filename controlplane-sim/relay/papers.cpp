// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/relay/papers.h"

#include "common/crypto/jws.h"
#include "pairing/sealed_bundle.h"

namespace pcg::controlplane {

namespace {

constexpr std::chrono::hours kBundleLifetime{24};

}  // namespace

Result<Bytes> issuePapers(const PapersOrder& order,
                          std::int64_t epoch,
                          const Pki& pki,
                          const Ratchets& ratchets,
                          const BusPapers& bus,
                          Random& random) {
    const auto chain = PCG_TRY(pki.issueGateway(
        order.certificateSpki, order.tenant.text(), order.enrollment.gatewayId, order.now));
    pairing::Bundle bundle;
    bundle.pth = order.enrollment.pth;
    bundle.gatewayId = order.enrollment.gatewayId;
    bundle.tenantId = order.tenant.text();
    bundle.tenantName = order.tenantName;
    bundle.epoch = epoch;
    bundle.clientCertChain = crypto::toPem(chain);
    bundle.controlPlaneCa = pki.rootPem();
    bundle.bus = PCG_TRY(bus.papers(order.tenant, order.nkey));
    bundle.renewUrl = order.renewUrl;
    const auto gateway = PCG_TRY(wire::parseGatewayId(order.enrollment.gatewayId));
    bundle.ratchet = ratchets.at(gateway, epoch, 0).value;
    bundle.issuedAt = toUnixMilliseconds(order.now);
    bundle.notAfter = toUnixMilliseconds(order.now + kBundleLifetime);
    const auto& signer = pki.enrollSigner();
    const auto jws = PCG_TRY(
        crypto::signJws(signer.key, pairing::kBundleType, asBytes(bundle.write()), signer.chain));
    const auto sealed = PCG_TRY(pairing::sealBundle(
        jws, order.enrollment.encPub, order.enrollment.pth, order.claimId, random));
    return toBytes(asBytes(sealed.write()));
}

}  // namespace pcg::controlplane
