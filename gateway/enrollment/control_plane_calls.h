// SPDX-License-Identifier: Apache-2.0
// Callers to the control plane over the one dialer, as Enrollment wants them.
#pragma once

#include "common/http/client.h"
#include "common/net/connect.h"
#include "common/net/tls_context.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace pcg::gateway {

// "https://host:port" with nothing behind it but a "/"; the port may be left out (443).
Result<net::Target> controlPlaneTarget(std::string_view url);

Result<std::shared_ptr<http::Caller>> controlPlaneCaller(
    net::Loop& loop,
    const net::Target& target,
    net::Trust trust,
    std::optional<net::CertificateAndKey> identity = std::nullopt);

}  // namespace pcg::gateway
