// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/cli/tenant_api.h"

#include "common/http/errc.h"

#include <gtest/gtest.h>

#include <deque>

namespace pcg::controlplane::cli {
namespace {

using namespace std::chrono_literals;

Error ofStatus(int status) {
    http::WholeResponse response;
    response.head.status = status;
    return refusalOf(response);
}

class StatusCall final : public http::Call {
  public:
    explicit StatusCall(int status) : status_(status) {}

    net::Task<Result<>> writeBody(BytesView) override { co_return Result<>{}; }

    net::Task<Result<>> finishRequest() override { co_return Result<>{}; }

    net::Task<Result<http::ResponseHead>> readHead() override {
        http::ResponseHead head;
        head.status = status_;
        co_return head;
    }

    net::Task<Result<std::size_t>> readBody(MutableBytes) override { co_return std::size_t{0}; }

    void cancel() override {}

    http::Outcome outcome() const override { return http::Outcome::Complete; }

  private:
    int status_;
};

// A control plane that answers with these, one after the other; 0: nobody is there.
class FakeControlPlane final : public http::Caller {
  public:
    explicit FakeControlPlane(std::deque<int> statuses) : statuses_(std::move(statuses)) {}

    net::Task<Result<std::unique_ptr<http::Call>>> start(http::RequestHead) override {
        ++asked;
        const int status = statuses_.front();
        if (statuses_.size() > 1) statuses_.pop_front();
        if (status == 0) co_return fail(http::kConnectFailed, "nobody is there");
        std::unique_ptr<http::Call> call = std::make_unique<StatusCall>(status);
        co_return call;
    }

    int asked = 0;

  private:
    std::deque<int> statuses_;
};

net::Task<void> approveInto(TenantApi& api, std::optional<Result<>>& outcome) {
    const pairing::Approval approval;
    outcome = co_await api.approve(pairing::ClaimId{}, approval);
}

Result<> approve(const std::shared_ptr<FakeControlPlane>& there) {
    TenantApi api(there, Secret(), {.tries = 5, .pause = 1ms});
    net::Loop loop{1};
    std::optional<Result<>> outcome;
    net::asio::co_spawn(loop, approveInto(api, outcome), net::asio::detached);
    loop.run();
    return *outcome;
}

// A pairing that the gateway's admin has accepted must not end because the relay was busy once.
TEST(TenantApiTest, ABusyControlPlaneIsWeatherAndARefusalIsNot) {
    for (const int status : {408, 429, 500, 502, 503, 504}) {
        EXPECT_TRUE(ofStatus(status).is(kTryLater)) << status;
        EXPECT_FALSE(ofStatus(status).isInput()) << status;
    }
    for (const int status : {400, 401, 403, 404, 409, 410, 412, 422}) {
        EXPECT_TRUE(ofStatus(status).isInput()) << status;
    }
}

TEST(TenantApiTest, AnApprovalIsRepeatedThroughWeatherUntilItArrives) {
    const auto there = std::make_shared<FakeControlPlane>(std::deque{429, 0, 503, 202});
    EXPECT_TRUE(approve(there));
    EXPECT_EQ(there->asked, 4);
}

TEST(TenantApiTest, ARefusedApprovalIsNotRepeated) {
    const auto there = std::make_shared<FakeControlPlane>(std::deque{409, 202});
    const auto outcome = approve(there);
    ASSERT_FALSE(outcome);
    EXPECT_TRUE(outcome.error().is(kConflict));
    EXPECT_EQ(there->asked, 1);
}

TEST(TenantApiTest, AnApprovalThatNeverArrivesIsGivenUp) {
    const auto there = std::make_shared<FakeControlPlane>(std::deque{429});
    const auto outcome = approve(there);
    ASSERT_FALSE(outcome);
    EXPECT_TRUE(outcome.error().is(kTryLater));
    EXPECT_EQ(there->asked, 5);
}

}  // namespace
}  // namespace pcg::controlplane::cli
