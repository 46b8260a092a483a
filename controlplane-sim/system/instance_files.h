// SPDX-License-Identifier: Apache-2.0
// The files of the platform's own gateways: a directory each, ROOT/INSTANCE, mode 0700, with the
// gateway's configuration, state, control socket and log. Blocking; any thread.
#pragma once

#include "common/base/result.h"
#include "common/net/network.h"
#include "common/wire/ids.h"
#include "controlplane-sim/system_gateway_care.h"

#include <filesystem>
#include <string>
#include <vector>

namespace pcg::controlplane {

// What all of them share.
struct SystemGatewaySettings {
    std::filesystem::path root;
    std::filesystem::path program;         // pcg-gatewayd; empty: there is none
    std::string controlplaneUrl;           // "https://127.0.0.1:8443"
    std::filesystem::path controlplaneCa;  // who signs the certificate behind that URL
    std::vector<net::Network> networks;    // where tenants' endpoints may lie; none: not offered
    std::size_t most = 8;
};

class InstanceFiles {
  public:
    InstanceFiles(const SystemGatewaySettings& settings, const std::string& instance)
        : directory_(settings.root / instance) {}

    const std::filesystem::path& directory() const { return directory_; }

    std::filesystem::path configuration() const { return directory_ / "gateway.json"; }

    std::filesystem::path socket() const { return directory_ / "control.sock"; }

    std::filesystem::path log() const { return directory_ / "gateway.log"; }

    // Made or made anew: the control plane may have another address than last time.
    // system_gateways.files.
    Result<> write(const SystemGatewaySettings& settings, const wire::TenantId& tenant) const;

    // The root key is overwritten before anything is removed, so that what remains of the rest on
    // a disk is sealed by nothing that exists. No error if there is nothing. system_gateways.files.
    Result<> wipe() const;

  private:
    std::filesystem::path directory_;
};

// The instances that there are files of.
std::vector<std::string> instancesIn(const std::filesystem::path& root);

// Why the platform cannot offer gateways as it is set up; nothing if it can.
// system_gateways.off: what would do.
Result<> checkOffering(const SystemGatewaySettings& settings);

// Beside this program, then in PATH; empty if there is none.
std::filesystem::path findGatewayProgram();

inline constexpr ErrorCode kSystemFiles{ErrorClass::Weather, "system_gateways.files"};

}  // namespace pcg::controlplane
