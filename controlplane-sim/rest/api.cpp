// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/rest/api.h"

namespace pcg::controlplane {
namespace {

rest::Services servicesOf(const Api::Parts& parts) {
    return {parts.store, parts.clock, parts.random};
}

}  // namespace

Api::Api(Parts parts, const Authenticator& authenticator)
    : rules_{authenticator, idempotency_, parts.clock},
      idempotency_(parts.store, parts.envelope, parts.clock),
      passwords_(parts.random),
      account_(servicesOf(parts)),
      tenants_(servicesOf(parts), passwords_, parts.lifecycle),
      gateways_(servicesOf(parts), parts.live, parts.lifecycle),
      endpoints_(servicesOf(parts), {parts.publicHost, parts.ingressHost}),
      deployments_(servicesOf(parts), parts.deploy),
      inventory_(servicesOf(parts), parts.deploy) {}

void Api::addTo(http::Router& router) {
    routes_ = std::make_unique<rest::ApiRoutes>(router, rules_);
    account_.addTo(*routes_);
    tenants_.addTo(*routes_);
    gateways_.addTo(*routes_);
    endpoints_.addTo(*routes_);
    deployments_.addTo(*routes_);
    inventory_.addTo(*routes_);
}

}  // namespace pcg::controlplane
