// SPDX-License-Identifier: Apache-2.0
// The tables of deployments and of the orchestrator's access keys, for the list of migrations.
#pragma once

#include <string_view>
#include <vector>

namespace pcg::controlplane::deploy {

const std::vector<std::string_view>& deploySchema();

}  // namespace pcg::controlplane::deploy
