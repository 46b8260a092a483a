// SPDX-License-Identifier: Apache-2.0
#include "common/net/errc.h"
#include "gateway/endpoints/endpoint_directory.h"
#include "vcenter-proxy/errc.h"

#include <gtest/gtest.h>

namespace pcg::gateway {
namespace {

TEST(EndpointState, TellsWhatTheAdminMustDoFromTheErrorOfACheck) {
    EXPECT_EQ(stateOf(Error(net::kTlsPinMismatch, "")), EndpointState::Untrusted);
    EXPECT_EQ(stateOf(Error(net::kTlsExpired, "")), EndpointState::Untrusted);
    EXPECT_EQ(stateOf(Error(proxy::errc::kCredentialsRejected, "")), EndpointState::BadCredentials);
    EXPECT_EQ(stateOf(Error(net::kRefused, "")), EndpointState::Unreachable);
    EXPECT_EQ(stateOf(Error(proxy::errc::kNotAVcenter, "")), EndpointState::Unreachable);
}

}  // namespace
}  // namespace pcg::gateway
