// SPDX-License-Identifier: Apache-2.0
// A gateway gives itself back (pairing/release_messages.h): its admin unpaired it at its console,
// perhaps while this control plane could not be reached.
#include "common/codec/base64url.h"
#include "common/crypto/ec_key.h"
#include "common/log/log.h"
#include "controlplane-sim/relay/pairing_http.h"
#include "controlplane-sim/relay/pairing_service.h"
#include "controlplane-sim/tenancy/gateways.h"
#include "pairing/release_messages.h"

namespace pcg::controlplane {

namespace {

constexpr log::Logger kLog{"pairing"};

bool isSignedBy(const Gateway& gateway, const http::RequestHead& head, std::string_view raw) {
    const auto* header = head.headers.find(pairing::kOfferSignatureHeader);
    const auto signature =
        header == nullptr ? Result<Bytes>(Bytes()) : codec::base64UrlDecode(*header);
    return signature &&
           crypto::verifyEs256(gateway.deviceSpki, pairing::releaseSigningInput(raw), *signature);
}

}  // namespace

net::Task<void> PairingService::release(http::Exchange& exchange, const Params&) {
    auto raw = co_await readMessage(exchange);
    if (!raw) co_return co_await sendRefusal(exchange, std::move(raw).error());
    const auto request = pairing::ReleaseRequest::parse(*raw);
    if (!request) co_return co_await sendRefusal(exchange, refusalOf(request.error()));
    const auto id = wire::parseGatewayId(request->gatewayId);
    if (!id) co_return co_await sendRefusal(exchange, refusalOf(id.error()));
    auto look = [&authority = parts_.authority, id = *id](store::Database& database) {
        return Gateways(database).byId(authority, id);
    };
    const auto found = co_await parts_.store.run(std::move(look));
    if (!found) co_return co_await sendRefusal(exchange, refusalOf(found.error()));
    const auto& gateway = *found;
    // Everything that is wrong gets the same refusal: a stranger learns nothing of who is bound.
    if (!gateway || gateway->tenant.text() != request->tenantId ||
        gateway->epoch != request->epoch || !isSignedBy(*gateway, exchange.request(), *raw)) {
        auto refused =
            refuse(403, "forbidden", "a release takes the device key and the epoch of the pairing");
        co_return co_await sendRefusal(exchange, std::move(refused.value()));
    }
    if (gateway->state != GatewayState::Released) {
        const auto scope = parts_.authority.scopeOf(gateway->tenant);
        const auto now = parts_.clock.wallNow();
        auto work = [scope, id = *id, now](store::Database& database) {
            return Gateways(database).release(scope, id, now);
        };
        const auto released = co_await parts_.store.run(std::move(work));
        if (!released) co_return co_await sendRefusal(exchange, refusalOf(released.error()));
        kLog.info("pairing.released",
                  {{"gateway_id", request->gatewayId}, {"tenant_id", request->tenantId}});
    }
    // Repeated with the request: the broker may have been away.
    const auto revoked = co_await parts_.bus.revoke(gateway->tenant, gateway->nkey);
    if (!revoked) co_return co_await sendRefusal(exchange, refusalOf(revoked.error()));
    co_await sendNothing(exchange, 204);
}

}  // namespace pcg::controlplane
