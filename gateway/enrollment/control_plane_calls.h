// SPDX-License-Identifier: Apache-2.0
// The control plane's address and callers to it, by the names that the daemon's composition root
// uses.
#pragma once

#include "common/http/origin.h"

#include <utility>

namespace pcg::gateway {

inline Result<net::Target> controlPlaneTarget(std::string_view url) {
    return http::parseHttpsOrigin(url);
}

inline Result<std::shared_ptr<http::Caller>> controlPlaneCaller(
    net::Loop& loop,
    const net::Target& target,
    net::Trust trust,
    std::optional<net::CertificateAndKey> identity = std::nullopt) {
    return http::httpsCaller(loop, target, std::move(trust), std::move(identity));
}

}  // namespace pcg::gateway
