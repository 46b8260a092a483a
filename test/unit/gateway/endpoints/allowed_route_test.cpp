// SPDX-License-Identifier: Apache-2.0
#include "gateway/endpoints/allowed_route.h"

#include "gateway/errc.h"
#include "test/unit/gateway/endpoints/local_vcenter.h"

#include <gtest/gtest.h>

namespace pcg::gateway {
namespace {

using namespace std::chrono_literals;

class Allowed : public ::testing::Test {
  protected:
    Result<net::TcpSocket> connect(const std::string& networks, const std::string& host) {
        AllowedRoute route(*net::parseNetworks(networks), std::make_shared<net::DirectRoute>());
        const auto port = acceptor_->local_endpoint().port();
        return test::runToEnd(loop_, route.connect({host, port}, 5s));
    }

    net::Loop loop_;
    Result<net::TcpAcceptor> acceptor_ = net::listenTcp(loop_.get_executor(), {"127.0.0.1", 0});
};

TEST_F(Allowed, ConnectsInsideItsNetworks) {
    EXPECT_TRUE(connect("127.0.0.0/30", "127.0.0.1"));
    EXPECT_TRUE(connect("192.0.2.0/24,127.0.0.1", "localhost"));
}

TEST_F(Allowed, DoesNotConnectOutsideAndDoesNotSayWhatTheNameStandsFor) {
    const auto refused = connect("192.0.2.0/24", "localhost");
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().is(errc::kNotAllowed));
    EXPECT_EQ(refused.error().message().find("127."), std::string::npos);
    EXPECT_FALSE(connect("192.0.2.0/24", "127.0.0.1"));
}

}  // namespace
}  // namespace pcg::gateway
