// SPDX-License-Identifier: Apache-2.0
#include "pairing/offer_messages.h"

#include "common/codec/utf8.h"
#include "pairing/errc.h"
#include "pairing/fields.h"

namespace pcg::pairing {

using fields::Object;

Result<Offer> Offer::parse(std::string_view raw) {
    const auto message = PCG_TRY(fields::open(raw));
    Offer offer;
    offer.versions = PCG_TRY(fields::versions(message));
    offer.suites = PCG_TRY(message.strings("suites", 16, 64));
    offer.gatewayId = PCG_TRY(fields::id(message, "gateway_id", "gw_"));
    offer.deviceSpki = PCG_TRY(fields::bytes(message, "device_spki", 512));
    offer.nameplate = PCG_TRY(fields::nameplate(message));
    offer.bootNonce = PCG_TRY(fields::array<32>(message, "boot_nonce"));
    const auto& software = *PCG_TRY(message.object("sw"));
    offer.softwareVersion = PCG_TRY(software.string("version", 64));
    offer.imageSha256 = PCG_TRY(software.optionalString("image_sha256", 64)).value_or("");
    offer.at = PCG_TRY(message.integer("ts"));
    if (offer.gatewayId != gatewayIdOf(offer.deviceSpki)) {
        return fail(kIdentity, "the gateway id does not belong to the device key of the offer");
    }
    return offer;
}

std::string Offer::write() const {
    Object software;
    software.set("version", softwareVersion);
    if (!imageSha256.empty()) software.set("image_sha256", imageSha256);
    auto message = fields::start();
    message.set("versions", fields::toArray(versions))
        .set("suites", fields::toArray(suites))
        .set("gateway_id", gatewayId)
        .set("device_spki", toText(deviceSpki))
        .set("nameplate", nameplate)
        .set("boot_nonce", toText(bootNonce))
        .set("sw", std::move(software))
        .set("attest", nullptr)
        .set("ts", at);
    return codec::json::write(message);
}

Bytes offerSigningInput(std::string_view raw) {
    Bytes input = toBytes(asBytes("PCGv1 offer"));
    append(input, asBytes(raw));
    return input;
}

Result<OfferReply> OfferReply::parse(std::string_view raw) {
    const auto message = PCG_TRY(fields::open(raw));
    OfferReply reply;
    reply.sid = PCG_TRY(fields::array<32>(message, "sid"));
    reply.serverNonce = PCG_TRY(fields::array<32>(message, "server_nonce"));
    reply.offerToken = PCG_TRY(message.string("offer_token", 64));
    reply.expiresInSeconds =
        static_cast<int>(PCG_TRY(message.integer("expires_in", 1, kCodeLifetime.count())));
    reply.controlPlaneTime = PCG_TRY(message.integer("cp_time"));
    // It becomes a header's value.
    if (PCG_TRY(fields::bytes(message, "offer_token", 48)).size() < 16) {
        return fail(kMessage, "\"offer_token\" must have at least 16 bytes");
    }
    return reply;
}

std::string OfferReply::write() const {
    auto message = fields::start();
    message.set("sid", toText(sid))
        .set("server_nonce", toText(serverNonce))
        .set("offer_token", offerToken)
        .set("expires_in", expiresInSeconds)
        .set("poll", std::string(kOffersPath) + "/" + toText(sid) + "/events")
        .set("cp_time", controlPlaneTime);
    return codec::json::write(message);
}

Refusal Refusal::parse(int status, std::string_view body) {
    Refusal refusal{status, "http_" + std::to_string(status), {}, std::nullopt};
    const auto problem = codec::json::parseObject(body, kMaxMessageBytes);
    if (!problem) return refusal;
    if (auto code = problem->string("code", 64)) refusal.code = std::move(*code);
    if (auto wait = problem->optionalInteger("retry_after_ms", 0, 86'400'000))
        refusal.retryAfterMilliseconds = *wait;
    if (const auto detail = problem->string("detail", 512)) {
        // It goes to consoles and logs: printable ASCII and letters, never a control character.
        for (std::string_view rest = *detail; const auto point = codec::takeCodePoint(rest);) {
            const bool control = *point < 0x20 || (*point >= 0x7f && *point < 0xa0) ||
                                 (*point >= 0x2000 && *point < 0x2070);
            codec::appendCodePoint(refusal.detail, control ? U' ' : *point);
        }
    }
    return refusal;
}

std::string Refusal::write() const {
    Object problem;
    problem.set("type", "about:blank")
        .set("status", status)
        .set("code", code)
        .set("detail", detail);
    if (retryAfterMilliseconds) problem.set("retry_after_ms", *retryAfterMilliseconds);
    return codec::json::write(problem);
}

}  // namespace pcg::pairing
