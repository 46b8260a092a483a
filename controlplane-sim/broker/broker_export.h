// SPDX-License-Identifier: Apache-2.0
// What a nats-server that somebody else runs needs to be our broker: its configuration, the tokens
// in it, a certificate, and who may connect. Written once into a directory that is theirs then
// (docs/operator/broker.md). Blocking.
#pragma once

#include "common/net/tls_context.h"
#include "controlplane-sim/broker/broker_config.h"

#include <optional>

namespace pcg::controlplane::broker {

struct BrokerExport {
    std::filesystem::path directory;  // made if missing, mode 0700
    BrokerSettings settings;          // its paths are set here
    std::string clientAuthoritiesPem;
    // Ours for it. None: it has its own, and settings name the files.
    std::optional<net::CertificateAndKey> identity;
};

// The path of the configuration file.
Result<std::filesystem::path> exportBrokerConfig(BrokerExport wanted);

}  // namespace pcg::controlplane::broker
