// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/policy/decide.h"

#include "policy_fixture.h"

namespace pcg::policy {
namespace {

using test::oneRole;

constexpr auto kAllowed = Decision::Kind::Allowed;
constexpr auto kRefused = Decision::Kind::Refused;

// The built-in roles of this test: inventory reads, deploy makes, full has all but AcquireTicket.
bool builtin(Builtin role, const Ask& ask) {
    if (ask.method == "AcquireTicket") return false;
    if (role == Builtin::Full) return true;
    if (ask.method.starts_with("Retrieve") || ask.method == "GET") return true;
    return role == Builtin::Deploy && (ask.method.ends_with("_Task") || ask.method == "POST");
}

struct Question {
    std::string method;
    std::string type = "VirtualMachine";
    std::string id = "vm-7";
    Arguments arguments = {};
    Builtin key_role = Builtin::Full;
    std::string endpoint = "vc1";
    std::string key = "ak_1";
    bool read = true;  // the arguments
};

Decision decideOf(const std::shared_ptr<const Policy>& policy, const Question& question) {
    Ask ask;
    ask.method = question.method;
    ask.object_type = question.type;
    ask.object_id = question.id;
    if (question.read) ask.arguments = &question.arguments;
    const OwnsMachine owns = [](std::string_view id) { return id == "vm-7" || id == "vm-8"; };
    return decide(*policy,
                  {question.endpoint, question.key, question.key_role},
                  ask,
                  [&](Builtin role) { return builtin(role, ask); },
                  {fromUnixMilliseconds(1'795'300'000'000), &owns});
}

Decision::Kind kindOf(const std::shared_ptr<const Policy>& policy, const Question& question) {
    return decideOf(policy, question).kind;
}

Arguments clone(std::string folder, std::string datastore = {}) {
    Arguments arguments;
    if (!folder.empty()) arguments.references.push_back({"folder", "Folder", folder});
    if (!datastore.empty()) arguments.references.push_back({"datastore", "Datastore", datastore});
    arguments.names = {"web-3"};
    return arguments;
}

TEST(Decide, WithoutARuleItIsWhatTheExtendedRoleSays) {
    const auto policy = oneRole("");
    EXPECT_EQ(kindOf(policy, {"RetrieveProperties"}), kAllowed);
    EXPECT_EQ(kindOf(policy, {"CloneVM_Task"}), kRefused);
    const auto refused = decideOf(policy, {"CloneVM_Task"});
    EXPECT_EQ(refused.decidedBy(), "role r, which extends inventory");
    EXPECT_EQ(refused.why, "it is not open to the role 'inventory'");
}

TEST(Decide, ARoleThatExtendsNothingAllowsWhatItsRulesSayAndWhatEverySessionNeeds) {
    const auto policy = test::policyOf(
        R"({"version":1,"roles":{"r":{"rules":[{"soap":["PowerOnVM_Task"]}]}},"assign":[{"role":"r"}]})");
    EXPECT_EQ(kindOf(policy, {"PowerOnVM_Task"}), kAllowed);
    EXPECT_EQ(kindOf(policy, {"RetrieveProperties"}), kRefused);
    EXPECT_EQ(decideOf(policy, {"RetrieveProperties"}).why, "no rule allows it");
    for (const auto* method :
         {"Login", "Logout", "CurrentTime", "SessionIsActive", "RetrieveServiceContent"})
        EXPECT_EQ(kindOf(policy, {method}), kAllowed) << method;
}

TEST(Decide, TheFirstRuleThatSpeaksOfItDecides) {
    const auto policy =
        oneRole(R"({"effect":"deny","soap":["PowerOffVM_Task"]},{"soap":["Power*"]})");
    EXPECT_EQ(kindOf(policy, {"PowerOffVM_Task"}), kRefused);
    EXPECT_EQ(kindOf(policy, {"PowerOnVM_Task"}), kAllowed);
    EXPECT_EQ(decideOf(policy, {"PowerOnVM_Task"}).decidedBy(), "role r, rule 2 (line 1)");
}

TEST(Decide, AConditionThatDoesNotHoldRefusesEvenWhatTheExtendedRoleWouldAllow) {
    const auto policy = test::policyOf(
        R"({"version":1,"roles":{"r":{"extends":"deploy","rules":[
            {"soap":["CloneVM_Task"],"where":{"folders":["group-v3"]}}]}},"assign":[{"role":"r"}]})");
    EXPECT_EQ(kindOf(policy, {"CloneVM_Task", "VirtualMachine", "vm-1", clone("group-v3")}),
              kAllowed);
    const auto refused =
        decideOf(policy, {"CloneVM_Task", "VirtualMachine", "vm-1", clone("group-v4")});
    EXPECT_EQ(refused.kind, kRefused);
    EXPECT_EQ(refused.why, "folder \"group-v4\" is not among those of the rule");
    EXPECT_EQ(kindOf(policy, {"CloneVM_Task", "VirtualMachine", "vm-1", clone("")}), kRefused);
    EXPECT_EQ(kindOf(policy, {"PowerOnVM_Task"}), kAllowed);
}

TEST(Decide, FolderAndDatastoreMustBeNamedWhereSomethingIsPutThere) {
    const auto policy = oneRole(
        R"({"soap":["CloneVM_Task","PowerOnVM_Task","CreateFolder"],"where":{"folders":["group-v3"],"datastores":["datastore-12","fast*"]}})");
    EXPECT_EQ(kindOf(policy,
                     {"CloneVM_Task", "VirtualMachine", "vm-1", clone("group-v3", "datastore-12")}),
              kAllowed);
    EXPECT_EQ(decideOf(policy, {"CloneVM_Task", "VirtualMachine", "vm-1", clone("group-v3")}).why,
              "it names no datastore, and the rule asks for one");
    EXPECT_EQ(kindOf(policy, {"CreateFolder", "Folder", "group-v3"}), kAllowed);
    EXPECT_EQ(kindOf(policy, {"CreateFolder", "Folder", "group-v4"}), kRefused);
    auto by_path = clone("group-v3");
    by_path.datastores = {"fast-1"};
    EXPECT_EQ(kindOf(policy, {"CloneVM_Task", "VirtualMachine", "vm-1", by_path}), kAllowed);
    by_path.datastores.push_back("slow-1");
    EXPECT_EQ(kindOf(policy, {"CloneVM_Task", "VirtualMachine", "vm-1", by_path}), kRefused);
}

TEST(Decide, KeysOfExtraConfigNetworksAndNamesMustBeAmongThoseNamed) {
    const auto policy = oneRole(
        R"({"soap":["ReconfigVM_Task"],"where":{"extra_config":["guestinfo.*"],"networks":["VM Network"],"names":["web-*"]}})");
    Arguments arguments;
    arguments.names = {"web-1"};
    arguments.extra_config = {{"guestinfo.userdata", "", 3}};
    arguments.networks = {"VM Network"};
    EXPECT_EQ(kindOf(policy, {"ReconfigVM_Task", "VirtualMachine", "vm-1", arguments}), kAllowed);
    auto other = arguments;
    other.extra_config.push_back({"isolation.tools.copy.disable", "", 3});
    EXPECT_EQ(kindOf(policy, {"ReconfigVM_Task", "VirtualMachine", "vm-1", other}), kRefused);
    other = arguments;
    other.networks.push_back("Management");
    EXPECT_EQ(kindOf(policy, {"ReconfigVM_Task", "VirtualMachine", "vm-1", other}), kRefused);
    other = arguments;
    other.names = {"db-1"};
    EXPECT_EQ(kindOf(policy, {"ReconfigVM_Task", "VirtualMachine", "vm-1", other}), kRefused);
    other = arguments;
    other.overfull = true;
    EXPECT_EQ(kindOf(policy, {"ReconfigVM_Task", "VirtualMachine", "vm-1", other}), kRefused);
    const auto none = oneRole(R"({"soap":["ReconfigVM_Task"],"where":{"extra_config":[]}})");
    EXPECT_EQ(kindOf(none, {"ReconfigVM_Task", "VirtualMachine", "vm-1", arguments}), kRefused);
}

TEST(Decide, OwnMachinesAreThoseOfTheKeyAndAllThatAreNamedMustBe) {
    const auto policy =
        oneRole(R"({"soap":["Destroy_Task","PowerOnMultiVM_Task"],"where":{"own_vms":true}})");
    EXPECT_EQ(kindOf(policy, {"Destroy_Task", "VirtualMachine", "vm-7"}), kAllowed);
    EXPECT_EQ(kindOf(policy, {"Destroy_Task", "VirtualMachine", "vm-9"}), kRefused);
    // The type is the client's word.
    EXPECT_EQ(kindOf(policy, {"Destroy_Task", "Folder", "vm-9"}), kRefused);
    EXPECT_EQ(kindOf(policy, {"Destroy_Task", "Folder", "group-v3"}), kRefused);
    Arguments both;
    both.references = {{"vm", "VirtualMachine", "vm-7"}, {"vm", "VirtualMachine", "vm-8"}};
    EXPECT_EQ(kindOf(policy, {"PowerOnMultiVM_Task", "Datacenter", "datacenter-2", both}),
              kAllowed);
    both.references.push_back({"vm", "VirtualMachine", "vm-9"});
    EXPECT_EQ(kindOf(policy, {"PowerOnMultiVM_Task", "Datacenter", "datacenter-2", both}),
              kRefused);
}

TEST(Decide, AsksForTheArgumentsOnlyWhereARuleLooksAtThem) {
    const auto policy = oneRole(
        R"({"soap":["CloneVM_Task"],"where":{"folders":["group-v3"]}},{"soap":["Power*"]})");
    Question question{"CloneVM_Task"};
    question.read = false;
    EXPECT_EQ(kindOf(policy, question), Decision::Kind::NeedsArguments);
    question.method = "PowerOnVM_Task";
    EXPECT_EQ(kindOf(policy, question), kAllowed);
}

TEST(Decide, OneOfSeveralConditionsIsEnough) {
    const auto policy = oneRole(
        R"({"soap":["CloneVM_Task"],"where":[{"folders":["group-v3"]},{"folders":["group-v4"],"names":["db-*"]}]})");
    EXPECT_EQ(kindOf(policy, {"CloneVM_Task", "VirtualMachine", "vm-1", clone("group-v3")}),
              kAllowed);
    EXPECT_EQ(kindOf(policy, {"CloneVM_Task", "VirtualMachine", "vm-1", clone("group-v4")}),
              kRefused);
}

TEST(Decide, ObjectsSelectARule) {
    const auto policy =
        oneRole(R"({"soap":["Destroy_Task"],"on":["VirtualMachine:vm-7","Folder"]})");
    EXPECT_EQ(kindOf(policy, {"Destroy_Task", "VirtualMachine", "vm-7"}), kAllowed);
    EXPECT_EQ(kindOf(policy, {"Destroy_Task", "VirtualMachine", "vm-8"}), kRefused);
    EXPECT_EQ(kindOf(policy, {"Destroy_Task", "Folder", "group-v3"}), kAllowed);
    const auto machines = oneRole(R"({"soap":["Destroy_Task"],"on":["VirtualMachine"]})");
    EXPECT_EQ(kindOf(machines, {"Destroy_Task", "VirtualMachine", "group-v3"}), kRefused);
    // Who is refused cannot get round it by calling the object something else.
    const auto spared = oneRole(
        R"({"effect":"deny","soap":["Destroy_Task"],"on":["VirtualMachine:vm-7"]},{"soap":["*"]})");
    EXPECT_EQ(kindOf(spared, {"Destroy_Task", "Folder", "vm-7"}), kRefused);
    EXPECT_EQ(kindOf(spared, {"Destroy_Task", "VirtualMachine", "vm-8"}), kAllowed);
}

TEST(Decide, WindowsCloseAndOpenRules) {
    // 2026-11-21, a Saturday.
    const std::string windows =
        R"("windows":{"week":{"days":["mon-fri"],"time_zone":"UTC"},"end":{"days":["sat-sun"],"time_zone":"UTC"}},)";
    const auto week = oneRole(R"({"soap":["PowerOnVM_Task"],"when":["week"]})", windows);
    EXPECT_EQ(decideOf(week, {"PowerOnVM_Task"}).why, "it is not the time: week");
    const auto either = oneRole(R"({"soap":["PowerOnVM_Task"],"when":["week","end"]})", windows);
    EXPECT_EQ(kindOf(either, {"PowerOnVM_Task"}), kAllowed);
    const auto frozen =
        oneRole(R"({"effect":"deny","soap":["Power*"],"when":["end"]},{"soap":["PowerOnVM_Task"]})",
                windows);
    EXPECT_EQ(kindOf(frozen, {"PowerOnVM_Task"}), kRefused);
    const auto later = oneRole(
        R"({"effect":"deny","soap":["Power*"],"when":["week"]},{"soap":["PowerOnVM_Task"]})",
        windows);
    EXPECT_EQ(kindOf(later, {"PowerOnVM_Task"}), kAllowed);
}

TEST(Decide, AnAssignmentGivesTheRoleAndTheFirstThatFitsCounts) {
    const auto policy = test::policyOf(
        R"({"version":1,"roles":{"none":{"rules":[{"soap":["PowerOnVM_Task"]}]}},
            "assign":[{"endpoint":"vc1","key":"ak_1","role":"none"},{"endpoint":"vc1","key_role":"full","role":"deploy"}]})");
    EXPECT_EQ(kindOf(policy, {"CloneVM_Task"}), kRefused);
    EXPECT_EQ(kindOf(policy,
                     {"CloneVM_Task", "VirtualMachine", "vm-7", {}, Builtin::Full, "vc1", "ak_2"}),
              kAllowed);
    EXPECT_EQ(
        kindOf(policy,
               {"RetrieveX", "VirtualMachine", "vm-7", {}, Builtin::Inventory, "vc2", "ak_1"}),
        kAllowed);
    EXPECT_EQ(
        kindOf(policy,
               {"CloneVM_Task", "VirtualMachine", "vm-7", {}, Builtin::Inventory, "vc2", "ak_1"}),
        kRefused);
}

TEST(Decide, NobodyGetsWhatTheCeilingOrTheRoleFullLacks) {
    const auto policy = test::policyOf(
        R"({"version":1,"roles":{"all":{"rules":[{"soap":["*"]}]}},"assign":[{"key":"ak_1","role":"all"}],
            "endpoints":{"vc2":{"ceiling":"inventory"},"vc3":{"deny":["Destroy*"]}}})");
    EXPECT_EQ(kindOf(policy, {"Destroy_Task"}), kAllowed);
    EXPECT_EQ(kindOf(policy, {"AcquireTicket"}), kRefused);
    EXPECT_EQ(kindOf(policy, {"Destroy_Task", "VirtualMachine", "vm-7", {}, Builtin::Full, "vc2"}),
              kRefused);
    EXPECT_EQ(kindOf(policy,
                     {"Destroy_Task", "VirtualMachine", "vm-7", {}, Builtin::Full, "vc2", "ak_2"}),
              kRefused);
    EXPECT_EQ(kindOf(policy,
                     {"Destroy_Task", "VirtualMachine", "vm-7", {}, Builtin::Full, "vc3", "ak_2"}),
              kRefused);
    EXPECT_EQ(kindOf(policy,
                     {"CloneVM_Task", "VirtualMachine", "vm-7", {}, Builtin::Full, "vc3", "ak_2"}),
              kAllowed);
}

TEST(Decide, OfMaasByPathOperationAndFields) {
    const auto policy = oneRole(
        R"({"maas":["POST machines/ allocate"],"where":{"fields":{"pool":["pcg*"]}}},{"maas":["POST machines/{}/ deploy"]})");
    const auto ask = [&](std::string_view path, std::string_view op, Fields fields) {
        Ask one;
        one.door = Door::Maas;
        one.method = "POST";
        one.path = path;
        one.op = op;
        one.fields = &fields;
        return decide(*policy,
                      {"m", "ak_1", Builtin::Full},
                      one,
                      [&](Builtin role) { return role == Builtin::Full; },
                      {})
            .kind;
    };
    EXPECT_EQ(ask("machines/", "allocate", {{"pool", "pcg-1"}}), kAllowed);
    EXPECT_EQ(ask("machines/", "allocate", {{"pool", "pcg-1"}, {"pool", "other"}}), kRefused);
    EXPECT_EQ(ask("machines/", "allocate", {}), kRefused);
    EXPECT_EQ(ask("machines/abc/", "deploy", {}), kAllowed);
    EXPECT_EQ(ask("machines/abc/", "release", {}), kRefused);
}

TEST(Decide, OfRestAndFilesByMethodAndPath) {
    const auto policy = oneRole(
        R"({"rest":["GET /api/vcenter/**"]},{"files":["PUT pcg/**"],"where":{"datastores":["fast"]}})");
    const auto ask = [&](Door door,
                         std::string_view method,
                         std::string_view path,
                         std::string_view datastore = {}) {
        Ask one;
        one.door = door;
        one.method = method;
        one.path = path;
        one.datastore = datastore;
        return decide(*policy,
                      {"v", "ak_1", Builtin::Full},
                      one,
                      [&](Builtin role) { return role == Builtin::Full; },
                      {})
            .kind;
    };
    EXPECT_EQ(ask(Door::Rest, "GET", "/api/vcenter/vm"), kAllowed);
    EXPECT_EQ(ask(Door::Rest, "HEAD", "/api/vcenter/vm"), kAllowed);
    EXPECT_EQ(ask(Door::Rest, "POST", "/api/vcenter/vm"), kRefused);
    EXPECT_EQ(ask(Door::Rest, "GET", "/api/appliance"), kRefused);
    EXPECT_EQ(ask(Door::Files, "PUT", "pcg/a.iso", "fast"), kAllowed);
    EXPECT_EQ(ask(Door::Files, "PUT", "pcg/a.iso", "slow"), kRefused);
    EXPECT_EQ(ask(Door::Files, "PUT", "other/a.iso", "fast"), kRefused);
    EXPECT_EQ(ask(Door::Files, "GET", "pcg/a.iso", "fast"), kRefused);
}

}  // namespace
}  // namespace pcg::policy
