// SPDX-License-Identifier: Apache-2.0
#include "gateway/enrollment/enrollment_record.h"

#include "common/codec/base64url.h"
#include "common/codec/json.h"
#include "common/crypto/csr.h"
#include "gateway/enrollment/errc.h"

#include <algorithm>

namespace pcg::gateway {
namespace {

using codec::json::Object;
using pairing::toText;

constexpr ByteCount kMaxDocument = 512_KiB;
constexpr std::int64_t kFormat = 1;

Result<Bytes> octets(const Object& object, std::string_view name, std::size_t max = 8192) {
    return codec::base64UrlDecode(PCG_TRY(object.string(name, max * 2)));
}

Result<Secret> secret(const Object& object, std::string_view name) {
    auto bytes = PCG_TRY(octets(object, name));
    return Secret::takeBytes(bytes);
}

template <std::size_t N>
Result<ByteArray<N>> array(const Object& object, std::string_view name) {
    const auto bytes = PCG_TRY(octets(object, name));
    if (bytes.size() != N) return fail(kRecord, "\"" + std::string(name) + "\" is damaged");
    ByteArray<N> array{};
    std::copy(bytes.begin(), bytes.end(), array.begin());
    return array;
}

Result<GatewayKeys> keysFrom(const Object& object) {
    auto device = PCG_TRY(crypto::EcKey::fromPkcs8(PCG_TRY(secret(object, "device"))));
    auto tls = PCG_TRY(crypto::EcKey::fromPkcs8(PCG_TRY(secret(object, "tls"))));
    auto nkey = PCG_TRY(identity::UserKeyPair::fromSeed(PCG_TRY(secret(object, "nkey"))));
    auto csr = PCG_TRY(octets(object, "csr"));
    return GatewayKeys{std::move(device), std::move(tls), std::move(nkey), std::move(csr)};
}

Result<Object> keysTo(const GatewayKeys& keys) {
    Object object;
    object.set("device", toText(PCG_TRY(keys.device.toPkcs8()).reveal()))
        .set("tls", toText(PCG_TRY(keys.tls.toPkcs8()).reveal()))
        .set("nkey", toText(keys.nkey.seed().reveal()))
        .set("csr", toText(keys.csr));
    return object;
}

// A record of before the console asked has none.
Result<std::optional<RemoteAccess>> remoteFrom(const Object& object) {
    const auto word = PCG_TRY(object.optionalString("remote", 16));
    if (!word) return std::nullopt;
    const auto remote = parseRemoteWord(*word);
    if (!remote) return fail(kRecord, "the stored identity: \"remote\" is no word of this version");
    return remote;
}

void remoteTo(Object& object, std::optional<RemoteAccess> remote) {
    if (remote) object.set("remote", remoteWord(*remote));
}

Result<AcceptedPairing> acceptedFrom(const Object& object) {
    AcceptedPairing accepted;
    accepted.claimId = PCG_TRY(array<16>(object, "claim_id"));
    accepted.pth = PCG_TRY(array<32>(object, "pth"));
    accepted.tenantId = PCG_TRY(object.string("tenant_id", 64));
    accepted.tenantName = PCG_TRY(object.string("tenant_name", 4096));
    accepted.controlPlaneRootDer = PCG_TRY(octets(object, "cp_root_der"));
    accepted.encPrivate = PCG_TRY(secret(object, "enc_private"));
    accepted.enrollmentBody = PCG_TRY(object.string("enrollment", pairing::kMaxMessageBytes));
    accepted.acceptedAt = PCG_TRY(object.integer("accepted_at"));
    accepted.remote = PCG_TRY(remoteFrom(object));
    return accepted;
}

Object acceptedTo(const AcceptedPairing& accepted) {
    Object object;
    object.set("claim_id", toText(accepted.claimId))
        .set("pth", toText(accepted.pth))
        .set("tenant_id", accepted.tenantId)
        .set("tenant_name", accepted.tenantName)
        .set("cp_root_der", toText(accepted.controlPlaneRootDer))
        .set("enc_private", toText(accepted.encPrivate.reveal()))
        .set("enrollment", accepted.enrollmentBody)
        .set("accepted_at", accepted.acceptedAt);
    remoteTo(object, accepted.remote);
    return object;
}

// A record of before there was renewal of certificates has none.
Result<> renewalFrom(const Object& object, ProvisionedPairing& provisioned) {
    provisioned.certificateIssuedAt = provisioned.bundle.issuedAt;
    const auto* renewal = PCG_TRY(object.optionalObject("renewal"));
    if (renewal == nullptr) return {};
    provisioned.ratchet.counter = PCG_TRY(renewal->integer("ctr", 0));
    if (renewal->has("ratchet"))
        provisioned.ratchet.value = PCG_TRY(array<32>(*renewal, "ratchet"));
    provisioned.certificateIssuedAt = PCG_TRY(renewal->integer("certificate_issued_at"));
    const auto* pending = PCG_TRY(renewal->optionalObject("pending"));
    if (pending == nullptr) return {};
    provisioned.renewal.emplace();
    provisioned.renewal->body = PCG_TRY(pending->string("body", pairing::kMaxMessageBytes));
    if (pending->has("tls"))
        provisioned.renewal->tls =
            PCG_TRY(crypto::EcKey::fromPkcs8(PCG_TRY(secret(*pending, "tls"))));
    return {};
}

Result<Object> renewalTo(const ProvisionedPairing& provisioned) {
    Object object;
    object.set("ctr", provisioned.ratchet.counter)
        .set("certificate_issued_at", provisioned.certificateIssuedAt);
    if (provisioned.ratchet.value) object.set("ratchet", toText(*provisioned.ratchet.value));
    if (!provisioned.renewal) return object;
    Object pending;
    pending.set("body", provisioned.renewal->body);
    if (provisioned.renewal->tls)
        pending.set("tls", toText(PCG_TRY(provisioned.renewal->tls->toPkcs8()).reveal()));
    object.set("pending", std::move(pending));
    return object;
}

Result<ProvisionedPairing> provisionedFrom(const Object& object) {
    ProvisionedPairing provisioned;
    provisioned.claimId = PCG_TRY(array<16>(object, "claim_id"));
    provisioned.controlPlaneRootDer = PCG_TRY(octets(object, "cp_root_der"));
    provisioned.bundle =
        PCG_TRY(pairing::Bundle::parse(PCG_TRY(object.string("bundle", pairing::kMaxBundleBytes))));
    provisioned.acknowledged = PCG_TRY(object.boolean("acknowledged"));
    provisioned.remote = PCG_TRY(remoteFrom(object));
    PCG_TRY(renewalFrom(object, provisioned));
    return provisioned;
}

Result<Object> provisionedTo(const ProvisionedPairing& provisioned) {
    Object object;
    object.set("claim_id", toText(provisioned.claimId))
        .set("cp_root_der", toText(provisioned.controlPlaneRootDer))
        .set("bundle", provisioned.bundle.write())
        .set("acknowledged", provisioned.acknowledged)
        .set("renewal", PCG_TRY(renewalTo(provisioned)));
    remoteTo(object, provisioned.remote);
    return object;
}

Result<PendingRelease> releasingFrom(const Object& object) {
    auto tenantId = PCG_TRY(object.string("tenant_id", 64));
    const auto epoch = PCG_TRY(object.integer("epoch", 1));
    return PendingRelease{std::move(tenantId), epoch};
}

Object releasingTo(const PendingRelease& releasing) {
    Object object;
    object.set("tenant_id", releasing.tenantId).set("epoch", releasing.epoch);
    return object;
}

}  // namespace

Result<> GatewayKeys::renew(Random& random) {
    auto freshTls = PCG_TRY(crypto::EcKey::generate(crypto::EcCurve::P256));
    auto freshNkey = PCG_TRY(identity::UserKeyPair::generate(random));
    auto freshCsr = PCG_TRY(crypto::createCsr(freshTls, gatewayId()));
    tls = std::move(freshTls);
    nkey = std::move(freshNkey);
    csr = std::move(freshCsr);
    return {};
}

Result<GatewayKeys> GatewayKeys::generate(Random& random) {
    auto device = PCG_TRY(crypto::EcKey::generate(crypto::EcCurve::P256));
    auto tls = PCG_TRY(crypto::EcKey::generate(crypto::EcCurve::P256));
    auto nkey = PCG_TRY(identity::UserKeyPair::generate(random));
    auto csr = PCG_TRY(crypto::createCsr(tls, pairing::gatewayIdOf(device.publicSpki())));
    return GatewayKeys{std::move(device), std::move(tls), std::move(nkey), std::move(csr)};
}

Result<EnrollmentRecord> EnrollmentRecord::parse(const Secret& document) {
    const auto object = PCG_TRY(codec::json::parseObject(document.revealText(), kMaxDocument));
    const auto format = PCG_TRY(object.integer("format"));
    if (format != kFormat) {
        return fail(kRecord,
                    "the stored identity is of format " + std::to_string(format) +
                        "; it was written by a newer version of this program");
    }
    EnrollmentRecord record(PCG_TRY(keysFrom(*PCG_TRY(object.object("keys")))));
    std::vector<std::int64_t> attempts;
    for (const auto& item : *PCG_TRY(object.array("attempts", 64))) {
        if (item.asInteger() != nullptr) attempts.push_back(*item.asInteger());
    }
    record.attempts = pairing::AttemptLimit(std::move(attempts));
    if (const auto* accepted = PCG_TRY(object.optionalObject("accepted"))) {
        record.accepted = PCG_TRY(acceptedFrom(*accepted));
    }
    if (const auto* provisioned = PCG_TRY(object.optionalObject("provisioned"))) {
        record.provisioned = PCG_TRY(provisionedFrom(*provisioned));
    }
    if (const auto* releasing = PCG_TRY(object.optionalObject("releasing"))) {
        record.releasing = PCG_TRY(releasingFrom(*releasing));
    }
    return record;
}

Result<Secret> EnrollmentRecord::write() const {
    Object object;
    object.set("format", kFormat).set("keys", PCG_TRY(keysTo(keys)));
    const auto& times = attempts.toStore();
    object.set("attempts", codec::json::Array(times.begin(), times.end()));
    if (accepted) object.set("accepted", acceptedTo(*accepted));
    if (provisioned) object.set("provisioned", PCG_TRY(provisionedTo(*provisioned)));
    if (releasing) object.set("releasing", releasingTo(*releasing));
    auto text = codec::json::write(object);
    return Secret::takeText(text);
}

}  // namespace pcg::gateway
