// SPDX-License-Identifier: Apache-2.0
// The control plane's database as the program opens it: schema, and the keys over sealed columns.
#pragma once

#include "common/store/envelope.h"
#include "controlplane-sim/tenancy/schema.h"
#include "test/support/temp_dir.h"

#include <gtest/gtest.h>

namespace pcg::test {

// `random` must outlive it. Opens what is there already, with the root key beside it.
inline std::unique_ptr<store::Database> openTenantDatabase(const std::filesystem::path& directory,
                                                           Random& random) {
    auto database = store::Database::open(directory / "cp.db");
    EXPECT_TRUE(database) << database.error().message();
    EXPECT_TRUE(store::migrate(**database, controlplane::schema()));
    auto keys = store::Envelope::open(**database, directory / "root.key", "machine", random);
    EXPECT_TRUE(keys) << keys.error().message();
    (*database)->adopt(std::move(*keys));
    return std::move(*database);
}

}  // namespace pcg::test
