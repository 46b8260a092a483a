// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/principal.h"

#include "vcenter-proxy/access_keys.h"
#include "vcenter-proxy/audit_sink.h"
#include "vcenter-proxy/credential_vault.h"
#include "vcenter-proxy/policy_source.h"

#include <gtest/gtest.h>

namespace pcg::proxy {
namespace {

TEST(Role, ReadsBackEveryNameItWrites) {
    for (const auto role : {Role::Inventory, Role::Deploy, Role::Full}) {
        EXPECT_EQ(parseRole(roleName(role)), role);
    }
}

TEST(Role, RefusesAnythingElse) {
    EXPECT_FALSE(parseRole("Full"));
    EXPECT_FALSE(parseRole(""));
    EXPECT_FALSE(parseRole("admin"));
}

TEST(Role, OrdersByWhatItMayDo) {
    EXPECT_LT(Role::Inventory, Role::Deploy);
    EXPECT_LT(Role::Deploy, Role::Full);
}

}  // namespace
}  // namespace pcg::proxy
