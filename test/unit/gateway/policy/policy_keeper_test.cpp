// SPDX-License-Identifier: Apache-2.0
#include "gateway/policy/policy_keeper.h"

#include "gateway/errc.h"
#include "test/unit/gateway/state/state_fixture.h"
#include "vcenter-proxy/errc.h"

#include <gmock/gmock.h>

#include <future>

namespace pcg::gateway {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr auto kPolicy = R"({"version":1, // kept
  "assign":[{"role":"inventory"}]})";

class PolicyKeeperTest : public StateFixture {
  protected:
    PolicyKeeperTest() { begin(); }

    void begin() {
        keeper_ = std::make_unique<PolicyKeeper>(PolicyKeeper::Parts{
            .loop = loop_,
            .state = *state_,
            .audit = *audit_,
            .warnings = *warnings_,
            .clock = clock_,
            .cut =
                [this](proxy::EndpointService::Cut what, const Error& why) {
                    const bool all = what == proxy::EndpointService::Cut::Everything;
                    cuts_.push_back((all ? "all " : "changes ") + std::string(why.code().name()));
                    // Whoever asks at this moment is refused already.
                    EXPECT_TRUE(snapshot()->paused || snapshot()->read_only);
                },
            .judgeRunning = [this] { judged_.push_back(snapshot()->document != nullptr); }});
        await(keeper_->load());
    }

    // As after a kill -9: nothing was flushed.
    void restart() {
        keeper_.reset();
        audit_.reset();
        reopen();
        audit_ = std::make_unique<AuditTrail>(loop_, *state_, clock_);
        warnings_ = std::make_unique<Warnings>(clock_);
        begin();
    }

    Result<> await(net::Task<Result<>> task) {
        std::optional<Result<>> result;
        net::asio::co_spawn(loop_, std::move(task), [&](std::exception_ptr, Result<> value) {
            result.emplace(std::move(value));
        });
        loop_.restart();
        while (!result) loop_.run_one();
        return std::move(*result);
    }

    // One after the other, while the storage thread is busy; what each of them came to.
    std::vector<Result<>> together(std::vector<net::Task<Result<>>> tasks) {
        std::promise<void> go;
        std::vector<Result<>> results(tasks.size());
        std::size_t left = tasks.size() + 1;
        auto hold = [&](Storage) -> Result<> {
            go.get_future().wait();
            return {};
        };
        net::asio::co_spawn(
            loop_, state_->run(hold), [&](std::exception_ptr, Result<>) { --left; });
        for (std::size_t i = 0; i < tasks.size(); ++i) {
            net::asio::co_spawn(
                loop_, std::move(tasks[i]), [&, i](std::exception_ptr, Result<> value) {
                    results[i] = std::move(value);
                    --left;
                });
        }
        loop_.restart();
        while (loop_.poll() > 0) {
        }
        go.set_value();
        while (left > 0) loop_.run_one();
        return results;
    }

    std::shared_ptr<const proxy::EndpointPolicy> snapshot() {
        return keeper_->policyFor(wire::EndpointId::unchecked("ep_1"));
    }

    static policy::Ask power() {
        policy::Ask ask;
        ask.method = "PowerOnVM_Task";
        ask.object_type = "VirtualMachine";
        ask.object_id = "vm-1";
        return ask;
    }

    net::Loop loop_;
    std::unique_ptr<AuditTrail> audit_ = std::make_unique<AuditTrail>(loop_, *state_, clock_);

    std::unique_ptr<Warnings> warnings_ = std::make_unique<Warnings>(clock_);
    std::vector<std::string> cuts_;
    std::vector<bool> judged_;  // whether a file was in force then
    std::unique_ptr<PolicyKeeper> keeper_;
};

TEST_F(PolicyKeeperTest, BeginsWithTheBuiltInRoles) {
    EXPECT_EQ(snapshot()->document, nullptr);
    EXPECT_FALSE(snapshot()->read_only || snapshot()->paused);
}

TEST_F(PolicyKeeperTest, KeepsAFileWithItsCommentsOverARestart) {
    ASSERT_TRUE(await(keeper_->set(kPolicy)));
    EXPECT_NE(snapshot()->document, nullptr);
    restart();
    EXPECT_NE(snapshot()->document, nullptr);
    EXPECT_EQ(keeper_->stored().text, kPolicy);
    ASSERT_TRUE(await(keeper_->remove()));
    restart();
    EXPECT_EQ(snapshot()->document, nullptr);
}

TEST_F(PolicyKeeperTest, DoesNotTakeAFileWithAnError) {
    ASSERT_TRUE(await(keeper_->set(kPolicy)));
    const auto before = snapshot();
    const auto refused = await(keeper_->set(R"({"version":1,"assign":[{"role":"invntory"}]})"));
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().is(errc::kBadPolicy));
    EXPECT_THAT(refused.error().message(), HasSubstr("Did you mean \"inventory\"?"));
    EXPECT_EQ(snapshot(), before);
}

TEST_F(PolicyKeeperTest, ASwitchCutsAtOnceAndIsKept) {
    ASSERT_TRUE(await(keeper_->setReadOnly(true)));
    ASSERT_TRUE(await(keeper_->pause("a drill")));
    EXPECT_THAT(cuts_, ElementsAre("changes proxy.read_only", "all proxy.paused"));
    restart();
    EXPECT_TRUE(snapshot()->read_only);
    EXPECT_EQ(snapshot()->paused, "a drill");
    EXPECT_EQ(warnings_->active().size(), 2U);
    ASSERT_TRUE(await(keeper_->resume()));
    ASSERT_TRUE(await(keeper_->setReadOnly(false)));
    EXPECT_TRUE(warnings_->active().empty());
    restart();
    EXPECT_FALSE(snapshot()->read_only || snapshot()->paused);
}

TEST_F(PolicyKeeperTest, AnotherFileIsHeldAgainstWhatRunsOnceItCounts) {
    ASSERT_TRUE(await(keeper_->set(kPolicy)));
    ASSERT_FALSE(await(keeper_->set("{}")));
    ASSERT_TRUE(await(keeper_->remove()));
    EXPECT_THAT(judged_, ElementsAre(true, false));
}

// A switch that gives something waits for the disk; whoever turns it back meanwhile comes later.
TEST_F(PolicyKeeperTest, WhatIsTakenAwayWhileItIsGivenStaysTakenAway) {
    ASSERT_TRUE(await(keeper_->pause("one")));
    ASSERT_TRUE(await(keeper_->setReadOnly(true)));
    std::vector<net::Task<Result<>>> tasks;
    tasks.push_back(keeper_->resume());
    tasks.push_back(keeper_->setReadOnly(false));
    tasks.push_back(keeper_->pause("two"));
    tasks.push_back(keeper_->setReadOnly(true));
    const auto results = together(std::move(tasks));
    EXPECT_TRUE(results[0].error().is(errc::kChangedMeanwhile));
    EXPECT_TRUE(results[1].error().is(errc::kChangedMeanwhile));
    EXPECT_TRUE(results[2] && results[3]);
    EXPECT_EQ(snapshot()->paused, "two");
    EXPECT_TRUE(snapshot()->read_only);
    restart();
    EXPECT_EQ(snapshot()->paused, "two");
    EXPECT_TRUE(snapshot()->read_only);
}

TEST_F(PolicyKeeperTest, OfFilesThatAreSetAtOnceTheLaterOneCountsAndARemovalToo) {
    std::vector<net::Task<Result<>>> tasks;
    tasks.push_back(keeper_->set(R"({"version":1})"));
    tasks.push_back(keeper_->set(kPolicy));
    auto results = together(std::move(tasks));
    EXPECT_TRUE(results[0].error().is(errc::kChangedMeanwhile));
    EXPECT_TRUE(results[1]);
    EXPECT_EQ(keeper_->stored().text, kPolicy);
    tasks.clear();
    tasks.push_back(keeper_->set(R"({"version":1})"));
    tasks.push_back(keeper_->remove());
    results = together(std::move(tasks));
    EXPECT_TRUE(results[0].error().is(errc::kChangedMeanwhile));
    EXPECT_EQ(snapshot()->document, nullptr);
    restart();
    EXPECT_EQ(snapshot()->document, nullptr);
}

TEST_F(PolicyKeeperTest, AStoredFileThatCannotBeReadKeepsEverythingClosed) {
    StoredPolicy broken;
    broken.text = "{\"version\":2}";
    ASSERT_TRUE(storePolicyText(storage(), broken));
    restart();
    EXPECT_TRUE(snapshot()->paused);
    EXPECT_FALSE(await(keeper_->resume()));
    EXPECT_TRUE(snapshot()->paused);
    ASSERT_TRUE(await(keeper_->set(kPolicy)));
    EXPECT_FALSE(snapshot()->paused);
}

TEST_F(PolicyKeeperTest, LearnsWhileItIsOnAndKeepsWhatItLearned) {
    keeper_->observe({"vc1", "ak_1", policy::Builtin::Full}, power());
    EXPECT_EQ(keeper_->learner().kinds(), 0U);
    ASSERT_TRUE(await(keeper_->setLearning(true)));
    for (int i = 0; i < 3; ++i) keeper_->observe({"vc1", "ak_1", policy::Builtin::Full}, power());
    ASSERT_TRUE(await(keeper_->setLearning(false)));
    restart();
    EXPECT_EQ(keeper_->learner().requests(), 3U);
    const auto text = keeper_->learner().write(proxy::policyVocabulary());
    EXPECT_THAT(text, HasSubstr("\"PowerOnVM_Task\""));
    ASSERT_TRUE(await(keeper_->set(text)));
    ASSERT_TRUE(await(keeper_->setLearning(true)));
    EXPECT_EQ(keeper_->learner().kinds(), 0U) << "it begins anew";
}

TEST_F(PolicyKeeperTest, OwnMachinesAreKeptAndGoWithTheirEndpoint) {
    ASSERT_TRUE(
        storage().database.execute("INSERT INTO endpoints (id, name, kind, url, trust, "
                                   "trust_anchor, scope_tenant, scope_epoch, "
                                   "username, password, created_at) VALUES ('ep_1', 'vc1', "
                                   "'vcenter', 'https://x', 'pin', '', '', "
                                   "0, x'00', x'00', '')",
                                   {}));
    const OwnMachine one{"ep_1", "x", "ak_1", "vm-1"};
    ASSERT_TRUE(storeOwnMachine(storage(), one));
    ASSERT_TRUE(storeOwnMachine(storage(), one));
    ASSERT_TRUE(storeOwnMachine(storage(), {"ep_2", "x", "ak_1", "vm-1"}))
        << "of no endpoint: not kept";
    EXPECT_THAT(*loadOwnMachines(storage()), ElementsAre(one));
    ASSERT_TRUE(storage().database.execute("DELETE FROM endpoints", {}));
    EXPECT_TRUE(loadOwnMachines(storage())->empty());
}

}  // namespace
}  // namespace pcg::gateway
