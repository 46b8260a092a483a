// SPDX-License-Identifier: Apache-2.0
// The control plane's tables. Offers and claims are not here: until something is issued a pairing
// lives in memory, so a crash leaves nothing half-done.
#pragma once

#include "common/store/migrations.h"

#include <span>

namespace pcg::controlplane {

std::span<const store::Migration> schema();

}  // namespace pcg::controlplane
