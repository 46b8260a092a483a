// SPDX-License-Identifier: Apache-2.0
#include "pairing/renew_messages.h"

#include "pairing/fields.h"

namespace pcg::pairing {

using fields::Object;

namespace {

constexpr std::size_t kMaxCsr = 2 * 1024;
constexpr std::size_t kMaxJwt = 8 * 1024;
constexpr std::size_t kMaxChain = 32 * 1024;

Result<Ratchet> ratchetIn(const Object& message) {
    Ratchet ratchet;
    if (message.has("ctr")) ratchet.counter = PCG_TRY(message.integer("ctr", 0));
    if (message.has("ratchet")) ratchet.value = PCG_TRY(fields::array<32>(message, "ratchet"));
    return ratchet;
}

void putRatchet(Object& message, const Ratchet& ratchet) {
    message.set("ctr", ratchet.counter);
    if (ratchet.value) message.set("ratchet", toText(*ratchet.value));
}

}  // namespace

Result<RenewRequest> RenewRequest::parse(std::string_view raw) {
    const auto message = PCG_TRY(fields::open(raw));
    RenewRequest request;
    request.renewId = PCG_TRY(fields::array<16>(message, "renew_id"));
    request.gatewayId = PCG_TRY(fields::id(message, "gateway_id", "gw_"));
    request.epoch = PCG_TRY(message.integer("epoch", 1));
    request.nkeyPub = PCG_TRY(fields::nkey(message, "nkey_pub"));
    request.ratchet = PCG_TRY(ratchetIn(message));
    if (message.has("csr")) request.csr = PCG_TRY(fields::bytes(message, "csr", kMaxCsr));
    request.at = PCG_TRY(message.integer("ts"));
    return request;
}

std::string RenewRequest::write() const {
    auto message = fields::start();
    message.set("renew_id", toText(renewId))
        .set("gateway_id", gatewayId)
        .set("epoch", epoch)
        .set("nkey_pub", nkeyPub)
        .set("ts", at);
    putRatchet(message, ratchet);
    if (!csr.empty()) message.set("csr", toText(csr));
    return codec::json::write(message);
}

Bytes renewSigningInput(std::string_view raw) {
    Bytes input = toBytes(asBytes("PCGv1 renew"));
    append(input, asBytes(raw));
    return input;
}

Result<RenewReply> RenewReply::parse(std::string_view raw) {
    // An answer of an ordinary API call: no version of its own, and later members may come.
    const auto message = PCG_TRY(codec::json::parseObject(raw, kMaxBundleBytes));
    RenewReply reply;
    reply.userJwt = PCG_TRY(message.string("user_jwt", kMaxJwt));
    reply.ratchet = PCG_TRY(ratchetIn(message));
    if (message.has("client_cert_chain"))
        reply.clientCertChain = PCG_TRY(message.string("client_cert_chain", kMaxChain));
    if (message.has("issued_at")) reply.issuedAt = PCG_TRY(message.integer("issued_at", 0));
    return reply;
}

std::string RenewReply::write() const {
    Object message;
    message.set("user_jwt", userJwt).set("issued_at", issuedAt);
    putRatchet(message, ratchet);
    if (!clientCertChain.empty()) message.set("client_cert_chain", clientCertChain);
    return codec::json::write(message);
}

}  // namespace pcg::pairing
