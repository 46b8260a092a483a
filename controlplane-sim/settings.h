// SPDX-License-Identifier: Apache-2.0
// The few facts that the control plane keeps about itself: the ports that clients have in their
// configuration. Runs on the storage thread (or before there is one).
#pragma once

#include "common/store/database.h"

#include <cstdint>
#include <string>

namespace pcg::controlplane {

class SimSettings {
  public:
    explicit SimSettings(store::Database& database) : database_(database) {}

    // 0 when it was never set.
    Result<std::uint16_t> port(const std::string& name);
    Result<> setPort(const std::string& name, std::uint16_t port);

  private:
    store::Database& database_;
};

}  // namespace pcg::controlplane
