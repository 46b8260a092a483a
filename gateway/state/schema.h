// SPDX-License-Identifier: Apache-2.0
// The tables of the gateway, as numbered migrations. A released one is never edited: add another.
#pragma once

#include "common/store/migrations.h"

#include <span>

namespace pcg::gateway {

std::span<const store::Migration> gatewayMigrations();

}  // namespace pcg::gateway
