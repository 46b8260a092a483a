// SPDX-License-Identifier: Apache-2.0
// Where a lease may not lead the gateway.
#include "vcenter-proxy/pinned_hosts.h"

#include "vcenter-proxy/errc.h"

#include <gmock/gmock.h>

namespace pcg::proxy {
namespace {

using testing::HasSubstr;

// Whatever name is asked for leads to this address: what a resolver under somebody's control does.
class LeadsTo final : public net::Route {
  public:
    explicit LeadsTo(net::Target target) : target_(std::move(target)) {}

    net::Task<Result<net::TcpSocket>> connect(net::Target,
                                              std::chrono::milliseconds limit) override {
        auto target = target_;
        co_return co_await net::connectTcp(std::move(target), limit);
    }

    net::Way wayTo(const net::Target&) const override { return {true, "test", {}}; }

  private:
    net::Target target_;
};

class PinnedHostsTest : public testing::Test {
  protected:
    PinnedHostsTest()
        : acceptor_(loop_.get_executor(), {net::asio::ip::make_address("127.0.0.1"), 0}) {
        acceptor_.async_accept([this](boost::system::error_code error, auto socket) {
            accepted_ = !error;
            boost::system::error_code ignored;
            socket.close(ignored);  // not one octet of TLS
        });
    }

    Error refusal(PinnedHosts::Reach reach) {
        auto route =
            std::make_shared<LeadsTo>(net::Target{"127.0.0.1", acceptor_.local_endpoint().port()});
        PinnedHosts hosts(loop_, std::move(route), reach);
        std::optional<Error> why;
        net::asio::co_spawn(
            loop_, hosts.callerTo({"esxi01.example", 443, {}}), [&](std::exception_ptr, auto made) {
                if (!made) why = made.error();
                loop_.stop();
            });
        loop_.run();
        EXPECT_TRUE(why);
        return why.value_or(Error(errc::kBusy, "no answer"));
    }

    net::Loop loop_;
    net::asio::ip::tcp::acceptor acceptor_;
    bool accepted_ = false;
};

TEST_F(PinnedHostsTest, DoNotLeadToTheGatewayItselfWhateverTheNameIs) {
    const auto why = refusal(PinnedHosts::Reach::Outside);
    EXPECT_TRUE(why.is(errc::kBadLease));
    EXPECT_THAT(why.message(), HasSubstr("the gateway itself"));
    EXPECT_THAT(why.message(), testing::Not(HasSubstr("127.0.0.1")));
}

TEST_F(PinnedHostsTest, MustSpeakTlsWhereverTheyMayLead) {
    const auto why = refusal(PinnedHosts::Reach::Anywhere);
    EXPECT_TRUE(why.is(errc::kBadLease)) << why.message();
    EXPECT_THAT(why.message(), HasSubstr("does not speak TLS"));
}

}  // namespace
}  // namespace pcg::proxy
