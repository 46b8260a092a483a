// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/rest/api.h"

#include "controlplane-sim/rest/openapi_document.h"

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
      sessions_(servicesOf(parts), passwords_),
      users_(servicesOf(parts), passwords_),
      tokens_(servicesOf(parts)),
      tenants_(servicesOf(parts), passwords_, parts.lifecycle),
      gateways_(servicesOf(parts), parts.live, parts.lifecycle),
      endpoints_(
          servicesOf(parts), {parts.publicHost, parts.ingressHost}, parts.live, parts.gatewayCalls),
      deployments_(servicesOf(parts), parts.deploy, parts.audit),
      inventory_(servicesOf(parts), parts.deploy),
      audit_(servicesOf(parts), authenticator),
      events_(parts.events, authenticator),
      uploads_(servicesOf(parts), parts.gatewayCalls, parts.uploads),
      metrics_(servicesOf(parts), parts.metrics),
      care_(servicesOf(parts), parts.care),
      systemGateways_(parts.systemGateways) {}

void Api::addTo(http::Router& router) {
    routes_ = std::make_unique<rest::ApiRoutes>(router, rules_);
    routes_->addStream({"GET", "/api/v1/openapi.yaml", rest::Who::Public},
                       rest::ApiRoutes::StreamHandler(&Api::document));
    sessions_.addTo(*routes_);
    users_.addTo(*routes_);
    tokens_.addTo(*routes_);
    tenants_.addTo(*routes_);
    gateways_.addTo(*routes_);
    endpoints_.addTo(*routes_);
    deployments_.addTo(*routes_);
    inventory_.addTo(*routes_);
    audit_.addTo(*routes_);
    events_.addTo(*routes_);
    uploads_.addTo(*routes_);
    metrics_.addTo(*routes_);
    care_.addTo(*routes_);
    systemGateways_.addTo(*routes_);
}

net::Task<rest::Checked<>> Api::document(rest::Call& call) {
    http::ResponseHead head;
    head.headers.add("Content-Type", "application/yaml");
    head.headers.add("Cache-Control", "no-cache");
    head.headers.add("X-Content-Type-Options", "nosniff");
    const BytesView octets = asBytes(rest::openApiDocument());
    // The client may be gone; there is nobody else to tell.
    [[maybe_unused]] const auto sent =
        co_await http::respondWhole(call.exchange(), std::move(head), octets);
    co_return rest::Checked<>{};
}

}  // namespace pcg::controlplane
