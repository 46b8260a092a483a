// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/policy/decide.h"

#include <array>

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

TEST(Decide, AMachineIsRegisteredFromADatastoreThatIsNamed) {
    const auto policy =
        oneRole(R"({"soap":["RegisterVM_Task"],"where":{"datastores":["fast-1"]}})");
    Arguments arguments;
    EXPECT_EQ(kindOf(policy, {"RegisterVM_Task", "Folder", "group-v3", arguments}), kRefused);
    arguments.datastores = {"fast-1"};
    EXPECT_EQ(kindOf(policy, {"RegisterVM_Task", "Folder", "group-v3", arguments}), kAllowed);
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
    other.networks = {"port 137"};
    EXPECT_EQ(decideOf(policy, {"ReconfigVM_Task", "VirtualMachine", "vm-1", other}).why,
              "network \"port 137\" is not among those of the rule");
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

// What the client may call an object whose id says what it is.
constexpr std::array<const char*, 5> kFalseTypes{
    "", "ManagedEntity", "ManagedObject", "Nothing", "PropertyCollector"};

TEST(Decide, AnObjectCalledSomethingElseDoesNotGetRoundARefusal) {
    const auto spared = [](const std::string& type) {
        return oneRole(R"({"effect":"deny","soap":["Destroy_Task"],"on":[")" + type +
                       R"("]},{"soap":["*"]})");
    };
    const std::array<std::pair<const char*, const char*>, 8> objects{
        {{"VirtualMachine", "vm-7"},
         {"Folder", "group-v3"},
         {"Datastore", "datastore-12"},
         {"DistributedVirtualPortgroup", "dvportgroup-21"},
         {"ResourcePool", "resgroup-8"},
         {"HostSystem", "host-22"},
         {"ClusterComputeResource", "domain-c7"},
         {"Datacenter", "datacenter-2"}}};
    for (const auto& [type, id] : objects) {
        const auto policy = spared(type);
        EXPECT_EQ(kindOf(policy, {"Destroy_Task", type, id}), kRefused) << type;
        for (const auto* said : kFalseTypes)
            EXPECT_EQ(kindOf(policy, {"Destroy_Task", said, id}), kRefused) << said << ":" << id;
        EXPECT_EQ(kindOf(policy, {"Destroy_Task", "Task", "task-1"}), kAllowed);
    }
    // Of a manager the id says little; a type that is none of such a thing's says nothing.
    const auto managers = spared("LicenseManager");
    for (const auto* said : {"", "ManagedObject", "VirtualMachine", "SessionManager"})
        EXPECT_EQ(kindOf(managers, {"Destroy_Task", said, "LicenseManager"}), kRefused) << said;
    EXPECT_EQ(kindOf(managers, {"Destroy_Task", "SessionManager", "SessionManager"}), kAllowed);
    EXPECT_EQ(kindOf(managers, {"Destroy_Task", "VirtualMachine", "vm-7"}), kAllowed);
}

TEST(Decide, AnObjectCalledSomethingElseDoesNotGetRoundConditions) {
    const auto of = [](const std::string& rule) {
        return test::policyOf(R"({"version":1,"roles":{"r":{"extends":"deploy","rules":[)" + rule +
                              R"(]}},"assign":[{"role":"r"}]})");
    };
    const auto own =
        of(R"({"soap":["ReconfigVM_Task"],"on":["VirtualMachine"],"where":{"own_vms":true}})");
    EXPECT_EQ(kindOf(own, {"ReconfigVM_Task", "VirtualMachine", "vm-7"}), kAllowed);
    EXPECT_EQ(kindOf(own, {"ReconfigVM_Task", "VirtualMachine", "vm-9"}), kRefused);
    for (const auto* said : kFalseTypes) {
        const auto refused = decideOf(own, {"ReconfigVM_Task", said, "vm-9"});
        EXPECT_EQ(refused.kind, kRefused) << said;
        EXPECT_EQ(refused.decidedBy(), "role r, rule 1 (line 1)") << said;
    }
    EXPECT_EQ(kindOf(own, {"ReconfigVM_Task", "VirtualApp", "resgroup-v9"}), kAllowed)
        << "the rule is not about it";
    // 2026-11-21, a Saturday.
    const auto week = test::policyOf(
        R"({"version":1,"windows":{"week":{"days":["mon-fri"],"time_zone":"UTC"}},
            "roles":{"r":{"extends":"deploy","rules":[
                {"soap":["ReconfigVM_Task"],"on":["VirtualMachine"],"when":["week"]}]}},
            "assign":[{"role":"r"}]})");
    for (const auto* said : kFalseTypes)
        EXPECT_EQ(kindOf(week, {"ReconfigVM_Task", said, "vm-7"}), kRefused) << said;
}

TEST(Decide, WhatOnlyAllowsIsAboutWhatIsSure) {
    const auto policy = oneRole(R"({"soap":["Destroy_Task"],"on":["Folder","Task"]})");
    EXPECT_EQ(kindOf(policy, {"Destroy_Task", "Folder", "group-v3"}), kAllowed);
    EXPECT_EQ(kindOf(policy, {"Destroy_Task", "Folder", "vm-9"}), kRefused);
    EXPECT_EQ(kindOf(policy, {"Destroy_Task", "Folder", "LicenseManager"}), kRefused);
    EXPECT_EQ(kindOf(policy, {"Destroy_Task", "ManagedEntity", "group-v3"}), kRefused);
}

TEST(Decide, WhatGoesToAnotherVcenterMeetsNoCondition) {
    const auto policy = oneRole(R"({"soap":["CloneVM_Task"],"where":{"folders":["group-v3"]}})");
    auto arguments = clone("group-v3");
    arguments.elsewhere = true;
    EXPECT_EQ(decideOf(policy, {"CloneVM_Task", "VirtualMachine", "vm-1", arguments}).why,
              "it goes to another vCenter, of which the rule says nothing");
}

TEST(Decide, TheRoleBehindARoleIsWhatItExtendsUpToTheCeiling) {
    const auto policy = test::policyOf(
        R"({"version":1,"roles":{"a":{"extends":"full"},"b":{"extends":"a"},
              "c":{"rules":[{"soap":["*"]}]}},
            "assign":[{"key":"ak_1","role":"b"},{"key":"ak_2","role":"c"},{"key":"ak_3","role":"deploy"}],
            "endpoints":{"vc2":{"ceiling":"deploy"}}})");
    const auto base = [&](std::string_view endpoint, std::string_view key) {
        return baseOf(*policy, {endpoint, key, Builtin::Full});
    };
    EXPECT_EQ(base("vc1", "ak_1"), Builtin::Full);
    EXPECT_EQ(base("vc2", "ak_1"), Builtin::Deploy);
    EXPECT_EQ(base("vc1", "ak_2"), std::nullopt);
    EXPECT_EQ(base("vc1", "ak_3"), Builtin::Deploy);
    EXPECT_EQ(base("vc1", "ak_4"), Builtin::Full);
    EXPECT_EQ(base("vc2", "ak_4"), Builtin::Deploy);
    EXPECT_EQ(baseOf(*policy, {"vc1", "ak_4", Builtin::Full, "gone"}), std::nullopt);
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

TEST(Decide, ANameOfAnEndpointIsMeantHoweverItsLettersAreWritten) {
    const auto policy = test::policyOf(
        R"({"version":1,"assign":[{"endpoint":"VC1","key_role":"full","role":"deploy"}],
            "endpoints":{"Vc2":{"ceiling":"inventory"}}})");
    EXPECT_EQ(baseOf(*policy, {"vc1", "ak_1", Builtin::Full}), Builtin::Deploy);
    EXPECT_EQ(baseOf(*policy, {"vc2", "ak_1", Builtin::Full}), Builtin::Inventory);
    const auto twice =
        readPolicy(R"({"version":1,"endpoints":{"VC2":{},"vc2":{}}})", test::vocabulary());
    ASSERT_EQ(twice.policy, nullptr);
    EXPECT_NE(twice.problems.front().text.find("twice"), std::string::npos);
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

TEST(Decide, AnActionDoesNotGetRoundWhatLimitsThePathWithoutOne) {
    const auto policy = test::policyOf(
        R"({"version":1,"windows":{"week":{"days":["mon-fri"],"time_zone":"UTC"}},
            "roles":{"r":{"extends":"full","rules":[
                {"rest":["POST /api/vcenter/vm clone"]},
                {"effect":"deny","rest":["POST /api/vcenter/vm","DELETE /api/vcenter/vm/{}"]},
                {"rest":["POST /api/vcenter/vm/{}/power stop"],"when":["week"]},
                {"rest":["POST /api/vcenter/datacenter"],"when":["week"]}]}},
            "assign":[{"role":"r"}]})");
    const auto ask = [&](std::string_view path, std::string_view op) {
        Ask one;
        one.door = Door::Rest;
        one.method = "POST";
        one.path = path;
        one.op = op;
        const HasBuiltin full = [](Builtin role) { return role == Builtin::Full; };
        return decide(*policy,
                      {"v", "ak_1", Builtin::Full},
                      one,
                      full,
                      {fromUnixMilliseconds(1'795'300'000'000)})  // a Saturday
            .kind;
    };
    EXPECT_EQ(ask("/api/vcenter/vm", ""), kRefused);
    EXPECT_EQ(ask("/api/vcenter/vm", "nothing"), kRefused);
    EXPECT_EQ(ask("/api/vcenter/vm", "clone"), kAllowed) << "a rule before says so";
    EXPECT_EQ(ask("/api/vcenter/datacenter", "nothing"), kRefused);
    EXPECT_EQ(ask("/api/vcenter/vm/vm-1", "delete"), kRefused);
    EXPECT_EQ(ask("/api/vcenter/vm/vm-1/power", "stop"), kRefused);
    EXPECT_EQ(ask("/api/vcenter/vm/vm-1/power", "start"), kAllowed);
}

TEST(Decide, TheNameOfADatastoreIsOneOnlyWithinADataCenter) {
    const auto policy = oneRole(
        R"({"soap":["MakeDirectory","CopyVirtualDisk_Task"],"where":{"datacenters":["datacenter-2","DC0"],"datastores":["fast"]}},
           {"files":["PUT **"],"where":{"datacenters":["DC0"],"datastores":["fast"]}})");
    const auto kindWith = [&](Arguments arguments) {
        return kindOf(policy,
                      {"MakeDirectory", "FileManager", "FileManager", std::move(arguments)});
    };
    Arguments arguments;
    arguments.datastores = {"fast"};
    EXPECT_EQ(kindWith(arguments), kRefused);  // of which data center?
    arguments.references = {{"datacenter", "Datacenter", "datacenter-2"}};
    EXPECT_EQ(kindWith(arguments), kAllowed);
    auto both = arguments;
    both.references.push_back({"destDatacenter", "", "datacenter-9"});
    EXPECT_EQ(kindWith(both), kRefused);
    auto by_url = arguments;
    by_url.references.clear();
    by_url.datacenters = {"DC0"};
    EXPECT_EQ(kindWith(by_url), kAllowed);
    by_url.datacenters = {"DC1"};
    EXPECT_EQ(kindWith(by_url), kRefused);

    const auto put = [&](std::string_view datacenter) {
        Ask one;
        one.door = Door::Files;
        one.method = "PUT";
        one.path = "a.iso";
        one.datastore = "fast";
        one.datacenter = datacenter;
        const HasBuiltin full = [](Builtin role) { return role == Builtin::Full; };
        return decide(*policy, {"v", "ak_1", Builtin::Full}, one, full, {});
    };
    EXPECT_EQ(put("DC0").kind, kAllowed);
    EXPECT_EQ(put("DC1").why, "data center \"DC1\" is not among those of the rule");
    EXPECT_EQ(put("").why, "it names no data center, and the rule asks for one");
}

TEST(Decide, AKeyMayHaveARoleOfTheFile) {
    const auto policy = test::policyOf(
        R"({"version":1,"roles":{"on":{"rules":[{"soap":["PowerOnVM_Task"]}]},"off":{"rules":[{"soap":["PowerOffVM_Task"]}]}},
            "assign":[{"key_role":"inventory","role":"full"},{"endpoint":"vc2","role":"off"}]})");
    const auto decideAs =
        [&](std::string_view role, std::string_view method, std::string_view endpoint) {
            Ask ask;
            ask.method = method;
            const HasBuiltin all = [](Builtin) { return true; };
            return decide(*policy, {endpoint, "ak_1", Builtin::Inventory, role}, ask, all, {});
        };
    EXPECT_TRUE(decideAs("on", "PowerOnVM_Task", "vc1").isAllowed());
    EXPECT_FALSE(decideAs("on", "PowerOffVM_Task", "vc1").isAllowed());
    // What an assignment says counts more, as for any key; one for a built-in role does not mean
    // it.
    EXPECT_TRUE(decideAs("on", "PowerOffVM_Task", "vc2").isAllowed());
    EXPECT_TRUE(decideAs("", "PowerOffVM_Task", "vc1").isAllowed());
    const auto gone = decideAs("gone", "PowerOnVM_Task", "vc1");
    EXPECT_EQ(gone.kind, kRefused);
    EXPECT_EQ(gone.why, "the policy file has no such role");
    EXPECT_EQ(gone.decidedBy(), "role gone of this access key");
    EXPECT_TRUE(decideAs("gone", "Logout", "vc1").isAllowed());
}

TEST(TimeLimit, EndsWithTheWindowsOfTheRuleThatAllowedOrTheFirstThatRefuses) {
    const auto at = [](int hour, int minute) {  // of 2026-11-23, a Monday
        return fromUnixMilliseconds(1'795'392'000'000) + std::chrono::hours(hour) +
               std::chrono::minutes(minute);
    };
    const std::string windows =
        R"("windows":{"day":{"from":"08:00","to":"18:00","time_zone":"UTC"},"noon":{"from":"12:00","to":"13:00","time_zone":"UTC"}},)";
    const auto policy = oneRole(
        R"({"effect":"deny","soap":["Wait*"],"when":["noon"]},{"soap":["WaitForUpdatesEx"],"when":["day"]},{"soap":["WaitForUpdates"]})",
        windows);
    const auto limitOf = [&](std::string_view method, WallTime now) {
        Ask ask;
        ask.method = method;
        const HasBuiltin all = [](Builtin) { return true; };
        const auto decision = decide(*policy, {"v", "ak_1", Builtin::Full}, ask, all, {now});
        EXPECT_TRUE(decision.isAllowed());
        return TimeLimit::of(decision, policy);
    };
    const auto poll = limitOf("WaitForUpdatesEx", at(9, 0));
    ASSERT_TRUE(poll);
    EXPECT_EQ(poll->endedBy(at(11, 59)), nullptr);
    EXPECT_EQ(poll->endedBy(at(12, 0))->number, 1U);
    EXPECT_EQ(poll->endedBy(at(13, 0)), nullptr);
    EXPECT_EQ(poll->endedBy(at(18, 0))->number, 2U);
    const auto other = limitOf("WaitForUpdates", at(20, 0));
    ASSERT_TRUE(other);
    EXPECT_EQ(other->endedBy(at(23, 0)), nullptr);
    EXPECT_NE(other->endedBy(at(36, 30)), nullptr);
    EXPECT_FALSE(limitOf("RetrieveProperties", at(9, 0)));
}

}  // namespace
}  // namespace pcg::policy
