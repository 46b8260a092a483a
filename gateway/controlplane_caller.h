// SPDX-License-Identifier: Apache-2.0
// The way to the control plane's HTTPS API, over the one dialer, trusting what the operator
// configured and nothing else. With a client certificate for the calls of an enrolled gateway.
#pragma once

#include "common/http/client.h"
#include "common/net/tls_context.h"
#include "gateway/gateway_config.h"
#include "gateway/link/way_out.h"

#include <memory>
#include <optional>

namespace pcg::gateway {

Result<net::Target> controlplaneTarget(const GatewayConfig& config);

// config.bad_value naming the key, when the CA file cannot be used.
Result<net::Trust> controlplaneTrust(const GatewayConfig& config);

Result<std::shared_ptr<http::Caller>> controlplaneCaller(
    net::Loop& loop,
    const GatewayConfig& config,
    const WayOut& wayOut,
    net::Trust trust,
    std::optional<net::CertificateAndKey> identity = std::nullopt);

}  // namespace pcg::gateway
