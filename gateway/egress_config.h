// SPDX-License-Identifier: Apache-2.0
// How the gateway goes out to the control plane and the bus: the part of its configuration about
// HTTP proxies and boxes that inspect TLS. A value that parses is consistent.
#pragma once

#include "common/config/loader.h"
#include "common/net/proxy_settings.h"
#include "common/net/tls_context.h"

#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

namespace pcg::gateway {

// What becomes of a box that inspects TLS on the way to the control plane.
enum class TlsInspection { Deny, AllowPairing };

struct EgressConfig {
    std::filesystem::path socket;  // of pcg-egress, which makes the connections; empty: we do
    std::optional<net::ProxyAddress> proxy;
    std::filesystem::path proxyCredentialsFile;  // may be empty
    std::filesystem::path proxyCaFile;           // exactly with an https:// proxy
    net::ProxyExceptions proxyExceptions;
    TlsInspection inspection = TlsInspection::Deny;
    std::filesystem::path inspectionCaFile;  // exactly with AllowPairing
};

// What the schema of the gateway has for it.
std::vector<config::Key> egressKeys();

// Looks into the files, too, and keeps nothing of them. config.bad_value.
Result<EgressConfig> egressConfigFrom(const config::Settings& settings, std::string_view source);

// The value of Proxy-Authorization; empty without a file. net.bad_address says what is wrong.
Result<Secret> readProxyCredentials(const std::filesystem::path& file);

// A PEM file of authorities. net.tls_material.
Result<net::TlsClientContext> trustAuthoritiesIn(const std::filesystem::path& file);

}  // namespace pcg::gateway
