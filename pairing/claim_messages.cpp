// SPDX-License-Identifier: Apache-2.0
#include "pairing/claim_messages.h"

#include "common/codec/base64url.h"
#include "pairing/errc.h"
#include "pairing/fields.h"

namespace pcg::pairing {
namespace {

using fields::Object;

constexpr std::size_t kMaxBox = 8192;

}  // namespace

Result<ClaimRequest> ClaimRequest::parse(std::string_view text) {
    const auto message = PCG_TRY(fields::open(text));
    ClaimRequest request;
    request.versions = PCG_TRY(fields::versions(message));
    request.suites = PCG_TRY(message.strings("suites", 16, 64));
    request.nameplate = PCG_TRY(fields::nameplate(message));
    request.commissioner =
        PCG_TRY(fields::oneOf(message, "commissioner", {"browser", "cli", "server"}));
    request.gatewayLabel = PCG_TRY(message.optionalString("gateway_label", 128)).value_or("");
    return request;
}

std::string ClaimRequest::write() const {
    auto message = fields::start();
    message.set("versions", fields::toArray(versions))
        .set("suites", fields::toArray(suites))
        .set("nameplate", nameplate)
        .set("commissioner", commissioner)
        .set("gateway_label", gatewayLabel);
    return codec::json::write(message);
}

Result<ClaimTerms> ClaimTerms::parse(std::string_view text) {
    const auto message = PCG_TRY(fields::open(text));
    ClaimTerms terms;
    terms.claimId = PCG_TRY(fields::array<16>(message, "claim_id"));
    terms.sid = PCG_TRY(fields::array<32>(message, "sid"));
    terms.tenantId = PCG_TRY(fields::id(message, "tenant_id", "tn_"));
    terms.tenantName = PCG_TRY(message.string("tenant_name", 1024));
    terms.tenantRegion = PCG_TRY(message.string("tenant_region", 64));
    terms.requestedBy = PCG_TRY(message.string("requested_by", 256));
    terms.commissioner =
        PCG_TRY(fields::oneOf(message, "commissioner", {"browser", "cli", "server"}));
    terms.portalOrigin = PCG_TRY(message.string("portal_origin", 256));
    terms.controlPlaneRootSpkiSha256 = PCG_TRY(fields::array<32>(message, "cp_root_spki_sha256"));
    terms.versions = PCG_TRY(fields::versions(message));
    terms.suite = PCG_TRY(message.string("suite", 64));
    terms.attempt = static_cast<int>(PCG_TRY(message.integer("attempt", 1, kAttemptsPerCode)));
    terms.controlPlaneTime = PCG_TRY(message.integer("cp_time"));
    if (terms.suite != kSuite) {
        return fail(kVersion,
                    "the claim names a cipher suite that this program does not know; update it");
    }
    return terms;
}

std::string ClaimTerms::write() const {
    auto message = fields::start();
    message.set("claim_id", toText(claimId))
        .set("sid", toText(sid))
        .set("tenant_id", tenantId)
        .set("tenant_name", tenantName)
        .set("tenant_region", tenantRegion)
        .set("requested_by", requestedBy)
        .set("commissioner", commissioner)
        .set("portal_origin", portalOrigin)
        .set("cp_root_spki_sha256", toText(controlPlaneRootSpkiSha256))
        .set("versions", fields::toArray(versions))
        .set("suite", suite)
        .set("attempt", attempt)
        .set("cp_time", controlPlaneTime);
    return codec::json::write(message);
}

Result<ClaimReply> ClaimReply::parse(std::string_view text) {
    const auto message = PCG_TRY(fields::open(text, 4 * kMaxMessageBytes));
    ClaimReply reply;
    reply.claimId = PCG_TRY(fields::array<16>(message, "claim_id"));
    reply.sid = PCG_TRY(fields::array<32>(message, "sid"));
    reply.serverNonce = PCG_TRY(fields::array<32>(message, "server_nonce"));
    reply.offerRaw = PCG_TRY(fields::raw(message, "offer_raw"));
    reply.claimRaw = PCG_TRY(fields::raw(message, "claim_raw"));
    reply.controlPlaneRootDer = PCG_TRY(fields::bytes(message, "cp_root_der", 4096));
    reply.attempt = static_cast<int>(PCG_TRY(message.integer("attempt", 1, kAttemptsPerCode)));
    reply.expiresInSeconds =
        static_cast<int>(PCG_TRY(message.integer("expires_in", 1, kClaimLifetime.count())));
    return reply;
}

std::string ClaimReply::write() const {
    auto message = fields::start();
    message.set("claim_id", toText(claimId))
        .set("sid", toText(sid))
        .set("server_nonce", toText(serverNonce))
        .set("offer_raw", toText(asBytes(offerRaw)))
        .set("claim_raw", toText(asBytes(claimRaw)))
        .set("cp_root_der", toText(controlPlaneRootDer))
        .set("attempt", attempt)
        .set("expires_in", expiresInSeconds);
    return codec::json::write(message);
}

Result<PakeA> PakeA::parse(std::string_view text) {
    const auto message = PCG_TRY(fields::open(text));
    const auto point = PCG_TRY(fields::array<crypto::kPointSize>(message, "pA"));
    return PakeA{point};
}

std::string PakeA::write() const {
    return codec::json::write(fields::start().set("pA", toText(pA)));
}

Result<PakeB> PakeB::parse(std::string_view text) {
    const auto message = PCG_TRY(fields::open(text));
    PakeB pake;
    pake.pB = PCG_TRY(fields::array<crypto::kPointSize>(message, "pB"));
    pake.encPub = PCG_TRY(fields::array<crypto::kPointSize>(message, "enc_pub"));
    pake.nkeyPub = PCG_TRY(fields::nkey(message, "nkey_pub"));
    pake.csrSha256 = PCG_TRY(fields::array<32>(message, "csr_sha256"));
    pake.deviceSpkiSha256 = PCG_TRY(fields::array<32>(message, "device_spki_sha256"));
    return pake;
}

std::string PakeB::write() const {
    auto message = fields::start();
    message.set("pB", toText(pB))
        .set("enc_pub", toText(encPub))
        .set("nkey_pub", nkeyPub)
        .set("csr_sha256", toText(csrSha256))
        .set("device_spki_sha256", toText(deviceSpkiSha256));
    return codec::json::write(message);
}

Result<ConfirmA> ConfirmA::parse(std::string_view text) {
    const auto message = PCG_TRY(fields::open(text));
    ConfirmA confirm;
    confirm.cA = PCG_TRY(fields::array<32>(message, "cA"));
    confirm.box = PCG_TRY(fields::bytes(message, "box", kMaxBox));
    return confirm;
}

std::string ConfirmA::write() const {
    return codec::json::write(fields::start().set("cA", toText(cA)).set("box", toText(box)));
}

Result<ConfirmABox> ConfirmABox::parse(std::string_view plain) {
    const auto message = PCG_TRY(fields::open(plain));
    ConfirmABox box;
    box.controlPlaneRootDer = PCG_TRY(fields::bytes(message, "cp_root_der", 4096));
    box.enrollUrl = PCG_TRY(message.string("enroll_url", 512));
    box.portalTime = PCG_TRY(message.integer("portal_time"));
    box.wantSas = PCG_TRY(message.boolean("want_sas"));
    return box;
}

std::string ConfirmABox::write() const {
    auto message = fields::start();
    message.set("cp_root_der", toText(controlPlaneRootDer))
        .set("enroll_url", enrollUrl)
        .set("portal_time", portalTime)
        .set("want_sas", wantSas);
    return codec::json::write(message);
}

Result<ConfirmB> ConfirmB::parse(std::string_view text) {
    const auto message = PCG_TRY(fields::open(text));
    ConfirmB confirm;
    confirm.cB = PCG_TRY(fields::array<32>(message, "cB"));
    confirm.box = PCG_TRY(fields::bytes(message, "box", kMaxBox));
    return confirm;
}

std::string ConfirmB::write() const {
    return codec::json::write(fields::start().set("cB", toText(cB)).set("box", toText(box)));
}

Result<ConfirmBBox> ConfirmBBox::parse(std::string_view plain) {
    const auto message = PCG_TRY(fields::open(plain));
    ConfirmBBox box;
    box.hostname = PCG_TRY(message.string("hostname", 256));
    box.softwareVersion = PCG_TRY(message.string("sw", 64));
    box.acceptMode = PCG_TRY(fields::oneOf(message, "accept_mode", {"console", "expected_tenant"}));
    box.tpm = PCG_TRY(message.boolean("tpm"));
    return box;
}

std::string ConfirmBBox::write() const {
    auto message = fields::start();
    message.set("hostname", hostname)
        .set("sw", softwareVersion)
        .set("accept_mode", acceptMode)
        .set("tpm", tpm);
    return codec::json::write(message);
}

}  // namespace pcg::pairing
