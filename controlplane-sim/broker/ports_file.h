// SPDX-License-Identifier: Apache-2.0
// Which ports the broker has: what nats-server writes with --ports_file_dir, and what we remember,
// so that a restart comes back on the same ports. Blocking file access; not for the loop.
#pragma once

#include "common/base/result.h"
#include "controlplane-sim/broker/broker_config.h"

#include <filesystem>
#include <optional>
#include <string_view>

namespace pcg::controlplane::broker {

// {"nats":["tls://127.0.0.1:4222"],"monitoring":["http://127.0.0.1:8222"]}; broker.start when it is
// not that.
Result<Ports> parsePortsFile(std::string_view text);

// Nothing while the broker has not written it.
std::optional<Ports> findPortsFile(const std::filesystem::path& directory);

// Both zero when there is nothing to remember, or it cannot be read.
Ports recallPorts(const std::filesystem::path& file);
Result<> rememberPorts(const std::filesystem::path& file, const Ports& ports);

// Written whole or not at all, mode 0600.
Result<> writePrivateFile(const std::filesystem::path& file, std::string_view text);

}  // namespace pcg::controlplane::broker
