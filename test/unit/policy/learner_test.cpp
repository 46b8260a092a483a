// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/policy/learner.h"

#include "vcenter-proxy/policy/explain.h"
#include "vcenter-proxy/policy/own_task.h"

#include <gmock/gmock.h>

#include "policy_fixture.h"

namespace pcg::policy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr Asker kAsker{"vc1", "ak_1", Builtin::Full};
const WallTime kNow = fromUnixMilliseconds(1'795'300'000'000);

OwnedAsk typed(std::string_view text) {
    auto parsed = OwnedAsk::parse(text);
    EXPECT_TRUE(parsed) << parsed.error().message();
    return parsed.value_or(OwnedAsk());
}

class LearnerTest : public testing::Test {
  protected:
    void observe(std::string_view text, const Asker& asker = kAsker) {
        const auto ask = typed(text);
        learner_.observe(asker, ask.view(), kNow);
    }

    // What the learned policy says of a request.
    bool allows(std::string_view text, const Asker& asker = kAsker) {
        const auto policy = test::policyOf(learner_.write(test::vocabulary()));
        if (!policy) return false;
        const auto ask = typed(text);
        return decide(*policy,
                      asker,
                      ask.view(),
                      [](Builtin role) { return role == Builtin::Full; },
                      {kNow})
            .isAllowed();
    }

    Learner learner_;
};

TEST_F(LearnerTest, AllowsWhatItSawAndNothingBeside) {
    observe("PowerOnVM_Task VirtualMachine:vm-7");
    observe(
        "CloneVM_Task VirtualMachine:vm-1 folder=group-v3 datastore=datastore-12 name=web-1 "
        "extra_config=guestinfo.userdata");
    observe("CloneVM_Task VirtualMachine:vm-1 folder=group-v4 datastore=datastore-12 name=web-2");
    observe("POST /MAAS/api/2.0/machines/abc/ op=deploy");
    observe("GET /api/vcenter/vm/vm-12/hardware");
    observe("POST /rest/vcenter/vm/vm-12/power/stop");
    observe("PUT /folder/pcg/a.iso datastore=fast");
    EXPECT_TRUE(allows("PowerOnVM_Task VirtualMachine:vm-8"));
    EXPECT_FALSE(allows("PowerOffVM_Task VirtualMachine:vm-7"));
    EXPECT_TRUE(allows("CloneVM_Task VirtualMachine:vm-2 folder=group-v4 datastore=datastore-12"));
    EXPECT_FALSE(allows("CloneVM_Task VirtualMachine:vm-2 folder=group-v5 datastore=datastore-12"));
    EXPECT_FALSE(
        allows("CloneVM_Task VirtualMachine:vm-2 folder=group-v3 datastore=datastore-12 "
               "extra_config=isolation.x"));
    EXPECT_TRUE(allows("POST machines/xyz/ op=deploy"));
    EXPECT_FALSE(allows("POST machines/xyz/ op=release"));
    EXPECT_TRUE(allows("GET /api/vcenter/vm/vm-99/hardware"));
    EXPECT_FALSE(allows("DELETE /api/vcenter/vm/vm-99/hardware"));
    EXPECT_TRUE(allows("GET /rest/com/vmware/vcenter/vm/id:vm-99/hardware"));
    EXPECT_TRUE(allows("POST /api/vcenter/vm/vm-99/power op=stop"));
    EXPECT_FALSE(allows("POST /rest/vcenter/vm/vm-99/power/start"));
    EXPECT_TRUE(allows("PUT /folder/pcg/b.iso datastore=fast"));
    EXPECT_FALSE(allows("PUT /folder/other/b.iso datastore=fast"));
}

TEST_F(LearnerTest, KeepsKeysApart) {
    observe("PowerOnVM_Task VirtualMachine:vm-7");
    observe("PowerOffVM_Task VirtualMachine:vm-7", {"vc1", "ak_2", Builtin::Full});
    EXPECT_FALSE(allows("PowerOffVM_Task VirtualMachine:vm-7"));
    EXPECT_TRUE(allows("PowerOffVM_Task VirtualMachine:vm-7", {"vc1", "ak_2", Builtin::Full}));
}

TEST_F(LearnerTest, APathThatLooksLikeAPatternIsNotLearned) {
    observe("GET /api/**");
    observe("GET /folder/a*/b");
    EXPECT_THAT(learner_.write(test::vocabulary()), Not(HasSubstr("**")));
}

TEST_F(LearnerTest, CountsWhatRepeatsAndIsBounded) {
    for (int i = 0; i < 5; ++i)
        observe("RetrieveProperties PropertyCollector:session[52a]x" + std::to_string(i));
    EXPECT_EQ(learner_.kinds(), 1U) << "ids of sessions are new each time";
    EXPECT_EQ(learner_.requests(), 5U);
    for (std::size_t i = 0; i < Learner::kMostKept + 10; ++i)
        observe("PowerOnVM_Task VirtualMachine:vm-" + std::to_string(i));
    EXPECT_EQ(learner_.kinds(), Learner::kMostKept);
    EXPECT_EQ(learner_.leftOut(), 11U);
}

TEST_F(LearnerTest, KeepsNoValuesThatAreNobodysBusiness) {
    observe("POST /MAAS/api/2.0/machines/abc/ op=deploy user_data=c2VjcmV0 pool=pcg");
    ASSERT_EQ(learner_.kinds(), 1U);
    EXPECT_EQ(learner_.all().begin()->second.ask.toText(),
              "POST /MAAS/api/2.0/machines/abc/ op=deploy pool=pcg");
}

TEST_F(LearnerTest, ATrialSaysWhatACandidateWouldHaveRefused) {
    observe("PowerOnVM_Task VirtualMachine:vm-7");
    observe("RetrieveProperties PropertyCollector:pc");
    const auto candidate = test::policyOf(R"({"version":1,"assign":[{"role":"inventory"}]})");
    const auto has = [](Builtin role, const Ask& ask) {
        return role == Builtin::Full || ask.method == "RetrieveProperties";
    };
    const auto refused = learner_.refusedBy(
        *candidate, has, [](const Observed&, std::string_view) { return false; });
    ASSERT_EQ(refused.size(), 1U);
    EXPECT_EQ(refused[0].observed->ask.method, "PowerOnVM_Task");
    EXPECT_EQ(refused[0].decision.why, "it is not open to the role 'inventory'");
}

TEST(OwnedAsk, IsReadAsItIsWritten) {
    for (const auto* text :
         {"CloneVM_Task VirtualMachine:vm-7 name=web-3 folder=group-v3 datastore=\"[fast 1]\"",
          "POST /MAAS/api/2.0/machines/ op=allocate pool=pcg",
          "POST /api/vcenter/vm/vm-1/power op=start",
          "PUT /folder/pcg/a.iso datastore=fast",
          "PUT /folder/pcg/a.iso datastore=fast datacenter=Europe/DC0",
          "MakeDirectory FileManager:FileManager datacenter=datacenter-2 datastore=[fast]",
          "MakeDirectory FileManager:FileManager datastore=[fast] datacenter=DC0"}) {
        EXPECT_EQ(typed(text).toText(), text);
    }
    EXPECT_EQ(typed("machines").door, Door::Soap);
    for (const auto* text : {"", "GET", "\"open", "PowerOnVM_Task vm-7", "GET /a b"})
        EXPECT_FALSE(OwnedAsk::parse(text)) << text;
}

TEST(Explain, NamesTheRuleTheRoleAndTheReason) {
    const auto policy = test::oneRole(
        R"({"name":"clone","soap":["CloneVM_Task"],"where":{"folders":["group-v3"]}})");
    const auto ask = typed("CloneVM_Task VirtualMachine:vm-1 folder=group-v4");
    const HasBuiltin full = [](Builtin role) { return role == Builtin::Full; };
    const auto refused = explain(policy.get(), {}, kAsker, ask.view(), full, {kNow});
    EXPECT_FALSE(refused.allowed);
    EXPECT_THAT(refused.text, HasSubstr("Answer:     refused\n"));
    EXPECT_THAT(refused.text, HasSubstr("Role:       r, by the assignment in line 1\n"));
    EXPECT_THAT(refused.text, HasSubstr("Decided by: role r, rule 1 'clone' (line 1)\n"));
    EXPECT_THAT(refused.text, HasSubstr("folder \"group-v4\" is not among those of the rule"));
    const auto good = typed("CloneVM_Task VirtualMachine:vm-1 folder=group-v3");
    EXPECT_TRUE(explain(policy.get(), {}, kAsker, good.view(), full, {kNow}).allowed);
    const auto stopped =
        explain(policy.get(), {.read_only = true}, kAsker, good.view(), full, {kNow});
    EXPECT_FALSE(stopped.allowed);
    EXPECT_THAT(stopped.text, HasSubstr("read-only is on"));
    EXPECT_THAT(explain(nullptr, {}, kAsker, good.view(), full, {kNow}).text,
                HasSubstr("there is no policy file"));
}

TEST(OwnTask, IsFoundInAnAnswerOrNot) {
    EXPECT_EQ(taskIn("<R xmlns=\"urn:vim25\"><returnval type=\"Task\">task-9</returnval></R>"),
              (OwnTask{"Task", "task-9"}));
    EXPECT_EQ(taskIn("<returnval type=\"HttpNfcLease\">session[1]lease-2</returnval>")->type,
              "HttpNfcLease");
    for (const auto* answer : {"",
                               "<returnval>x</returnval>",
                               "<returnval type=\"VirtualMachine\">vm-1</returnval>",
                               "<returnval type=\"Task\">a&amp;b</returnval>",
                               "<returnval type=\"Task\">task-9"})
        EXPECT_FALSE(taskIn(answer)) << answer;
    EXPECT_EQ(faultIn("<detail><InvalidStateFault xsi:type=\"ns1:InvalidPowerState\">"),
              "InvalidPowerState");
    EXPECT_EQ(faultIn("<detail>"), "");
}

}  // namespace
}  // namespace pcg::policy
