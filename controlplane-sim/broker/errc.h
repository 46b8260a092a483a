// SPDX-License-Identifier: Apache-2.0
// Why there is no broker.
#pragma once

#include "common/base/error.h"

namespace pcg::controlplane::broker {

inline constexpr ErrorCode kSettings{ErrorClass::Input, "broker.settings"};
inline constexpr ErrorCode kNotInstalled{ErrorClass::Input, "broker.not_installed"};
inline constexpr ErrorCode kStart{ErrorClass::Weather, "broker.start"};
inline constexpr ErrorCode kFile{ErrorClass::Weather, "broker.file"};

}  // namespace pcg::controlplane::broker
