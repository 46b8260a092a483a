// SPDX-License-Identifier: Apache-2.0
// What the operator decides about a gateway, as one typed value; the schema beside it is the only
// description.
//
// Values that parse are consistent: exactly one way to trust the control plane, paths that fit, an
// https URL.
#pragma once

#include "common/base/bytes.h"
#include "common/base/result.h"
#include "common/config/loader.h"
#include "common/log/log.h"
#include "common/net/network.h"
#include "common/wire/ids.h"
#include "gateway/egress_config.h"
#include "gateway/state/remote_access.h"
#include "gateway/upload/upload_config.h"

#include <filesystem>
#include <optional>
#include <string>

namespace pcg::gateway {

struct GatewayConfig {
    std::filesystem::path stateDir;
    std::string controlplaneUrl;  // "https://host:port", nothing behind it
    // One of the two.
    std::filesystem::path controlplaneCaFile;
    std::optional<ByteArray<32>> controlplaneRootSha256;
    std::string hostname;  // what the tenant sees; the machine's own if not set
    std::string console;   // "stdout", "none" or a path
    std::optional<wire::TenantId> expectedTenant;
    log::Level logLevel = log::Level::Info;
    RemoteAccess remote;  // what a tenant may do until pcgctl says something else
    std::chrono::milliseconds endpointCheckEvery{60'000};
    std::vector<net::Network> endpointNetworks;  // where endpoints may lie; none: anywhere
    EgressConfig egress;
    UploadConfig uploads;

    std::filesystem::path controlSocketPath;  // empty: in the state directory

    std::filesystem::path controlSocket() const {
        return controlSocketPath.empty() ? stateDir / "control.sock" : controlSocketPath;
    }
};

const config::Schema& gatewaySchema();

// Every error is for the operator: file, key, reason.
Result<GatewayConfig> gatewayConfigFrom(const config::Settings& settings, std::string_view source);
Result<GatewayConfig> loadGatewayConfig(const std::filesystem::path& file);

}  // namespace pcg::gateway
