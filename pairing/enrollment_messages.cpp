// SPDX-License-Identifier: Apache-2.0
#include "pairing/enrollment_messages.h"

#include "pairing/errc.h"
#include "pairing/fields.h"

namespace pcg::pairing {
namespace {

using fields::Object;

constexpr std::size_t kMaxPem = 16 * 1024;
constexpr std::size_t kMaxJwt = 8 * 1024;

}  // namespace

Result<Enrollment> Enrollment::parse(std::string_view raw) {
    const auto message = PCG_TRY(fields::open(raw));
    Enrollment enrollment;
    enrollment.gatewayId = PCG_TRY(fields::id(message, "gateway_id", "gw_"));
    enrollment.tenantId = PCG_TRY(fields::id(message, "tenant_id", "tn_"));
    enrollment.csr = PCG_TRY(fields::bytes(message, "csr", 4096));
    enrollment.nkeyPub = PCG_TRY(fields::nkey(message, "nkey_pub"));
    enrollment.encPub = PCG_TRY(fields::array<crypto::kPointSize>(message, "enc_pub"));
    enrollment.pth = PCG_TRY(fields::array<32>(message, "pth"));
    enrollment.reportTag = PCG_TRY(fields::array<32>(message, "report_tag"));
    enrollment.bind = PCG_TRY(message.string("bind", 4096));
    return enrollment;
}

std::string Enrollment::write() const {
    auto message = fields::start();
    message.set("gateway_id", gatewayId)
        .set("tenant_id", tenantId)
        .set("csr", toText(csr))
        .set("nkey_pub", nkeyPub)
        .set("enc_pub", toText(encPub))
        .set("pth", toText(pth))
        .set("report_tag", toText(reportTag))
        .set("bind", bind);
    return codec::json::write(message);
}

Result<Bind> Bind::parse(std::string_view payload) {
    const auto message = PCG_TRY(fields::open(payload));
    Bind bind;
    bind.sid = PCG_TRY(fields::array<32>(message, "sid"));
    bind.claimId = PCG_TRY(fields::array<16>(message, "claim_id"));
    bind.tenantId = PCG_TRY(fields::id(message, "tenant_id", "tn_"));
    bind.gatewayId = PCG_TRY(fields::id(message, "gateway_id", "gw_"));
    bind.pth = PCG_TRY(fields::array<32>(message, "pth"));
    bind.csrSha256 = PCG_TRY(fields::array<32>(message, "csr_sha256"));
    bind.nkeyPub = PCG_TRY(fields::nkey(message, "nkey_pub"));
    bind.encPub = PCG_TRY(fields::array<crypto::kPointSize>(message, "enc_pub"));
    PCG_TRY(fields::oneOf(message, "decision", {"accepted"}));
    bind.acceptMode =
        PCG_TRY(fields::oneOf(message, "accept_mode", {"console", "expected_tenant"}));
    bind.issuedAt = PCG_TRY(message.integer("iat"));
    return bind;
}

std::string Bind::write() const {
    auto message = fields::start();
    message.set("sid", toText(sid))
        .set("claim_id", toText(claimId))
        .set("tenant_id", tenantId)
        .set("gateway_id", gatewayId)
        .set("pth", toText(pth))
        .set("csr_sha256", toText(csrSha256))
        .set("nkey_pub", nkeyPub)
        .set("enc_pub", toText(encPub))
        .set("decision", "accepted")
        .set("accept_mode", acceptMode)
        .set("iat", issuedAt);
    return codec::json::write(message);
}

Result<Approval> Approval::parse(std::string_view raw) {
    const auto message = PCG_TRY(fields::open(raw));
    if (!PCG_TRY(message.boolean("sas_ok"))) {
        return fail(kMessage, "\"sas_ok\" must be true; to refuse, delete the claim");
    }
    Approval approval;
    approval.pth = PCG_TRY(fields::array<32>(message, "pth"));
    approval.reportTag = PCG_TRY(fields::array<32>(message, "report_tag"));
    approval.deviceSpkiSha256 = PCG_TRY(fields::array<32>(message, "device_spki_sha256"));
    approval.csrSha256 = PCG_TRY(fields::array<32>(message, "csr_sha256"));
    approval.nkeyPub = PCG_TRY(fields::nkey(message, "nkey_pub"));
    return approval;
}

std::string Approval::write() const {
    auto message = fields::start();
    message.set("sas_ok", true)
        .set("pth", toText(pth))
        .set("report_tag", toText(reportTag))
        .set("device_spki_sha256", toText(deviceSpkiSha256))
        .set("csr_sha256", toText(csrSha256))
        .set("nkey_pub", nkeyPub);
    return codec::json::write(message);
}

Result<Bundle> Bundle::parse(std::string_view payload) {
    const auto message = PCG_TRY(fields::open(payload, kMaxBundleBytes));
    Bundle bundle;
    bundle.pth = PCG_TRY(fields::array<32>(message, "pth"));
    bundle.gatewayId = PCG_TRY(fields::id(message, "gateway_id", "gw_"));
    bundle.tenantId = PCG_TRY(fields::id(message, "tenant_id", "tn_"));
    bundle.tenantName = PCG_TRY(message.string("tenant_name", 1024));
    bundle.epoch = PCG_TRY(message.integer("epoch", 1));
    bundle.clientCertChain = PCG_TRY(message.string("client_cert_chain", kMaxPem));
    bundle.controlPlaneCa = PCG_TRY(message.string("cp_ca", kMaxPem));
    const auto& nats = *PCG_TRY(message.object("nats"));
    bundle.bus.urls = PCG_TRY(nats.strings("urls", 16, 256));
    bundle.bus.ca = PCG_TRY(nats.string("ca", kMaxPem));
    bundle.bus.serverNames = PCG_TRY(nats.strings("server_names", 16, 256));
    bundle.bus.accountPub = PCG_TRY(nats.string("account_pub", 64));
    bundle.bus.userJwt = PCG_TRY(nats.string("user_jwt", kMaxJwt));
    bundle.bus.subjectPrefix = PCG_TRY(nats.string("subject_prefix", 128));
    bundle.renewUrl = PCG_TRY(message.string("renew_url", 512));
    if (message.has("ratchet0")) bundle.ratchet = PCG_TRY(fields::array<32>(message, "ratchet0"));
    bundle.issuedAt = PCG_TRY(message.integer("issued_at"));
    bundle.notAfter = PCG_TRY(message.integer("not_after"));
    if (bundle.bus.urls.empty()) return fail(kBundle, "the bundle names no message bus");
    return bundle;
}

std::string Bundle::write() const {
    Object nats;
    nats.set("urls", fields::toArray(bus.urls))
        .set("ca", bus.ca)
        .set("server_names", fields::toArray(bus.serverNames))
        .set("account_pub", bus.accountPub)
        .set("user_jwt", bus.userJwt)
        .set("subject_prefix", bus.subjectPrefix);
    auto message = fields::start();
    message.set("pth", toText(pth))
        .set("gateway_id", gatewayId)
        .set("tenant_id", tenantId)
        .set("tenant_name", tenantName)
        .set("epoch", epoch)
        .set("client_cert_chain", clientCertChain)
        .set("cp_ca", controlPlaneCa)
        .set("nats", std::move(nats))
        .set("renew_url", renewUrl)
        .set("issued_at", issuedAt)
        .set("not_after", notAfter);
    if (ratchet) message.set("ratchet0", toText(*ratchet));
    return codec::json::write(message);
}

Result<SealedBundle> SealedBundle::parse(std::string_view raw) {
    const auto message = PCG_TRY(codec::json::parseObject(raw, kMaxBundleBytes));
    const auto& sealed = *PCG_TRY(message.object("sealed"));
    SealedBundle bundle;
    bundle.controlPlaneEphemeral = PCG_TRY(fields::array<crypto::kPointSize>(sealed, "cp_eph_pub"));
    bundle.ciphertext = PCG_TRY(fields::bytes(sealed, "ct", kMaxBundleBytes));
    return bundle;
}

std::string SealedBundle::write() const {
    Object sealed;
    sealed.set("cp_eph_pub", toText(controlPlaneEphemeral)).set("ct", toText(ciphertext));
    Object message;
    message.set("sealed", std::move(sealed));
    return codec::json::write(message);
}

Result<Ack> Ack::parse(std::string_view raw) {
    const auto message = PCG_TRY(fields::open(raw));
    Ack ack;
    ack.gatewayId = PCG_TRY(fields::id(message, "gateway_id", "gw_"));
    ack.epoch = PCG_TRY(message.integer("epoch", 1));
    ack.pth = PCG_TRY(fields::array<32>(message, "pth"));
    return ack;
}

std::string Ack::write() const {
    auto message = fields::start();
    message.set("gateway_id", gatewayId).set("epoch", epoch).set("pth", toText(pth));
    return codec::json::write(message);
}

}  // namespace pcg::pairing
