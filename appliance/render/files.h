// SPDX-License-Identifier: Apache-2.0
// The files that settings become. Made anew at each boot: /etc is in memory. Pure functions.
#pragma once

#include <string>
#include <vector>

#include "appliance/properties/settings.h"

namespace pcg::appliance {

struct File {
    std::string path;  // absolute
    unsigned mode = 0644;
    std::string content;
};

// Host name, systemd-networkd, systemd-resolved, systemd-timesyncd.
std::vector<File> networkFiles(const Settings& settings);

// The gateway's configuration (none while it is not known where the control plane is), what it
// trusts, SSH with its opening in the firewall.
std::vector<File> gatewayFiles(const Settings& settings);

// Who may go where, for the chain `output` of the firewall, below kEgressPath.
File egressFile(const Settings& settings);

// Where pcg-egress makes connections to.
File gateFile(const Settings& settings);

// For the console:
// {"source","hostname","controlplane","proxy","problems":[{"code","subject","message"}]}.
File reportFile(const std::string& source,
                const Settings& settings,
                const std::vector<Problem>& problems);

// Those of the above that some settings do not have: whoever changes settings removes them.
std::vector<std::string> optionalFiles();

// Where the gateway listens for pcgctl and the console: its folder says who may.
inline constexpr std::string_view kGatewaySocket = "/run/pcg-gateway/control.sock";
// Where the gateway asks for connections.
inline constexpr std::string_view kGateSocket = "/run/pcg-egress/egress.sock";
inline constexpr std::string_view kGatePath = "/etc/pcg-gateway/egress.json";
inline constexpr std::string_view kEgressPath = "/etc/pcg-appliance/egress.d/pcg.nft";
inline constexpr std::string_view kReportPath = "/run/pcg/properties.json";
inline constexpr std::string_view kNtpFile = "/etc/systemd/timesyncd.conf.d/pcg.conf";

}  // namespace pcg::appliance
