// SPDX-License-Identifier: Apache-2.0
#include "pairing/renew_messages.h"

#include "pairing/fields.h"

namespace pcg::pairing {

using fields::Object;

Result<RenewRequest> RenewRequest::parse(std::string_view raw) {
    const auto message = PCG_TRY(fields::open(raw));
    RenewRequest request;
    request.renewId = PCG_TRY(fields::array<16>(message, "renew_id"));
    request.gatewayId = PCG_TRY(fields::id(message, "gateway_id", "gw_"));
    request.epoch = PCG_TRY(message.integer("epoch", 1));
    request.nkeyPub = PCG_TRY(fields::nkey(message, "nkey_pub"));
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
    return codec::json::write(message);
}

Bytes renewSigningInput(std::string_view raw) {
    Bytes input = toBytes(asBytes("PCGv1 renew"));
    append(input, asBytes(raw));
    return input;
}

Result<RenewReply> RenewReply::parse(std::string_view raw) {
    // An answer of an ordinary API call: no version of its own, and later members may come.
    const auto message = PCG_TRY(codec::json::parseObject(raw, kMaxMessageBytes));
    auto userJwt = PCG_TRY(message.string("user_jwt", 8 * 1024));
    return RenewReply{std::move(userJwt)};
}

std::string RenewReply::write() const {
    return codec::json::write(Object().set("user_jwt", userJwt));
}

}  // namespace pcg::pairing
