// SPDX-License-Identifier: Apache-2.0
// What the API asks of the rest of the control plane. Interfaces, so that it is tested without a
// bus.
#pragma once

#include "common/base/result.h"
#include "common/net/asio.h"
#include "controlplane-sim/tenancy/tenant_scope.h"

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace pcg::controlplane {

// A certificate as a gateway describes it.
struct LiveCertificate {
    std::string sha256;
    std::string subject;
    std::string issuer;
    std::string notBefore;  // RFC 3339
    std::string notAfter;
};

// What a gateway said last of one of its endpoints, beyond what is stored.
struct LiveEndpoint {
    std::string target;  // "vc1.example.com:443"
    std::optional<LiveCertificate> certificate;
    std::optional<LiveCertificate> presented;  // when it is not the trusted one
    std::string checkedAt;                     // RFC 3339; empty before the first look
};

// The key that credentials for a gateway may be sealed to (docs/protocol/sealed-credentials.md).
struct LiveSealing {
    std::string publicKey;  // base64url, as is the signature of the device key
    std::string signature;
};

// What the data center lets the tenant administer from here.
struct LiveRemote {
    bool endpoints = false;
    bool keys = false;
};

// What is known of a gateway at this moment; nothing of it is stored.
struct LiveGateway {
    bool online = false;
    std::string why;  // a sentence, when it is not online
    std::optional<std::chrono::microseconds> roundTrip;
    std::string version;
    std::optional<std::chrono::milliseconds> sinceLastHeartbeat;
    std::string path;  // how the gateway reaches the bus, in words
    std::optional<std::chrono::milliseconds> clockOffset;  // its clock is ahead by so much
    std::optional<LiveSealing> sealing;
    LiveRemote remote;
    std::vector<std::string> warnings = {};  // sentences, also when it is online
};

class LiveGateways {
  public:
    virtual ~LiveGateways() = default;
    virtual LiveGateway live(const TenantScope& scope, const wire::GatewayId& id) const = 0;

    // Nothing before the gateway reported since the control plane started.
    virtual std::optional<LiveEndpoint> endpoint(const TenantScope& /*scope*/,
                                                 const wire::GatewayId& /*gateway*/,
                                                 const wire::EndpointId& /*id*/) const {
        return std::nullopt;
    }
};

class Lifecycle {
  public:
    virtual ~Lifecycle() = default;

    // The tenant is stored; make its account on the bus. Repeated calls are harmless.
    virtual net::Task<Result<>> tenantCreated(wire::TenantId tenant) = 0;

    // The gateway is released in the database; end its link, its ingress and its certificates.
    virtual net::Task<Result<>> gatewayReleased(TenantScope scope, wire::GatewayId id) = 0;
};

}  // namespace pcg::controlplane
