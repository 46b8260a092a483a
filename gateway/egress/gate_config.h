// SPDX-License-Identifier: Apache-2.0
// The configuration of pcg-egress.
#pragma once

#include "common/config/loader.h"
#include "common/log/log.h"
#include "gateway/egress/egress_rules.h"

#include <filesystem>
#include <string>
#include <string_view>

namespace pcg::egress {

struct GateConfig {
    std::filesystem::path socket;
    EgressRules rules;
    std::string table;  // of nftables; empty: nothing is opened
    log::Level logLevel = log::Level::Info;
};

const config::Schema& gateSchema();

// Every error is for the operator: file, key, reason.
Result<GateConfig> gateConfigFrom(const config::Settings& settings, std::string_view source);

}  // namespace pcg::egress
