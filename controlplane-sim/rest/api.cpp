// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/rest/api.h"

namespace pcg::controlplane {
namespace {

rest::Services servicesOf(const Api::Parts& parts) {
    return {parts.store, parts.clock, parts.random};
}

}  // namespace

Api::Api(Parts parts, const Authenticator& authenticator)
    : rules_{authenticator, idempotency_, parts.clock, &parts.audit},
      idempotency_(parts.store, parts.envelope, parts.clock),
      passwords_(parts.random),
      account_(servicesOf(parts)),
      tenants_(servicesOf(parts), passwords_, parts.lifecycle),
      gateways_(servicesOf(parts), parts.live, parts.lifecycle),
      endpoints_(servicesOf(parts), {parts.publicHost, parts.ingressHost}),
      audit_(servicesOf(parts), authenticator),
      events_(parts.events, authenticator),
      metrics_(servicesOf(parts), parts.metrics),
      care_(servicesOf(parts), parts.care) {}

void Api::addTo(http::Router& router) {
    routes_ = std::make_unique<rest::ApiRoutes>(router, rules_);
    account_.addTo(*routes_);
    tenants_.addTo(*routes_);
    gateways_.addTo(*routes_);
    endpoints_.addTo(*routes_);
    audit_.addTo(*routes_);
    events_.addTo(*routes_);
    metrics_.addTo(*routes_);
    care_.addTo(*routes_);
}

}  // namespace pcg::controlplane
