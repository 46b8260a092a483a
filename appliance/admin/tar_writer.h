// SPDX-License-Identifier: Apache-2.0
// A tar archive (POSIX ustar) in memory. Names are ours: plain, below 100 characters. Pure.
#pragma once

#include "common/base/clock.h"

#include <string>
#include <string_view>

namespace pcg::appliance {

class TarWriter {
  public:
    explicit TarWriter(WallTime made) : made_(made) {}

    void add(std::string_view name, std::string_view content);

    // The whole archive; nothing may be added afterwards.
    std::string take();

  private:
    WallTime made_;
    std::string archive_;
};

}  // namespace pcg::appliance
