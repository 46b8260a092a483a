// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/deploy/spec.h"

#include "controlplane-sim/deploy/deployment.h"
#include "controlplane-sim/deploy/machine_text.h"
#include "controlplane-sim/deploy/text.h"
#include "test/support/seeded_random.h"

#include <gtest/gtest.h>

namespace pcg::controlplane::deploy {
namespace {

namespace json = codec::json;

constexpr auto kKey =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA me@here";

json::Object body() {
    return *json::parseObject(R"({"name":"k8s","gateway_id":"gw_00000000000000000000000000",
        "endpoint_id":"ep_00000000000000000000000000","control_plane_count":3,"worker_count":2,
        "template":"DC0/vm/ubuntu","cpu":2,"memory_mib":2048,"disk_gib":40})");
}

TEST(DeploySpec, WhatIsKeptIsReadBackWithoutTheUserData) {
    auto given = body();
    json::Array keys;
    keys.emplace_back(kKey);
    given.set("ssh_keys", std::move(keys)).set("user_data", "#cloud-config\nx: 1\n");

    const auto order = parseOrder(given);

    ASSERT_TRUE(order.has_value()) << order.error().why;
    EXPECT_EQ(order->userData.revealText(), "#cloud-config\nx: 1\n");
    const auto text = json::write(toJson(order->spec));
    EXPECT_EQ(text.find("cloud-config"), std::string::npos);
    const auto again = specFromJson(text);
    ASSERT_TRUE(again.has_value()) << again.error().message();
    EXPECT_EQ(json::write(toJson(*again)), text);
}

TEST(DeploySpec, NamesTheMemberThatIsWrong) {
    const std::vector<std::pair<const char*, json::Value>> wrong{{"name", "Upper"},
                                                                 {"name", "ends-"},
                                                                 {"name", std::string(41, 'a')},
                                                                 {"gateway_id", "gw_1"},
                                                                 {"endpoint_id", 7},
                                                                 {"control_plane_count", 2},
                                                                 {"control_plane_count", 0},
                                                                 {"worker_count", 101},
                                                                 {"worker_count", "2"},
                                                                 {"template", ""},
                                                                 {"template",
                                                                  "a\xE2\x80\xAE"
                                                                  "b"},
                                                                 {"cpu", 129},
                                                                 {"memory_mib", 2050},
                                                                 {"disk_gib", -1},
                                                                 {"network", std::string(513, 'n')},
                                                                 {"folder", "a\nb"},
                                                                 {"ssh_keys", "not a list"},
                                                                 {"user_data", "hello"},
                                                                 {"nmae", "k8s"}};
    for (const auto& [field, value] : wrong) {
        auto given = body();
        given.set(field, value);

        const auto order = parseOrder(given);

        ASSERT_FALSE(order.has_value()) << field;
        EXPECT_EQ(order.error().field, field);
        EXPECT_FALSE(order.error().why.empty());
    }
}

json::Object pooledBody() {
    return *json::parseObject(R"({"name":"k8s","gateway_id":"gw_00000000000000000000000000",
        "endpoint_id":"ep_00000000000000000000000000","control_plane_count":1,"worker_count":2,
        "image":"jammy","cpu":2,"memory_mib":2050,"resource_pool":"pool1","zone":"az1",
        "tags":["gpu","virtual"]})");
}

TEST(DeploySpec, AnImageIsForMachinesThatAreThereAlready) {
    const auto order = parseOrder(pooledBody());

    ASSERT_TRUE(order.has_value()) << order.error().why;
    EXPECT_EQ(kindOf(order->spec.platform), "maas");
    EXPECT_EQ(originOf(order->spec), Origin::Pooled);
    EXPECT_EQ(order->spec.tags, (std::vector<std::string>{"gpu", "virtual"}));
    const auto text = json::write(toJson(order->spec));
    const auto again = specFromJson(text);
    ASSERT_TRUE(again.has_value()) << again.error().message();
    EXPECT_EQ(json::write(toJson(*again)), text);
    EXPECT_EQ(kindOf(parseOrder(body())->spec.platform), "vcenter");
}

TEST(DeploySpec, WhatGoesWithTheOtherKindIsRefusedByItsName) {
    json::Array blank;
    blank.emplace_back("a b");
    const std::vector<std::pair<const char*, json::Value>> pooled{{"template", "DC0/vm/ubuntu"},
                                                                  {"disk_gib", 40},
                                                                  {"network", "n"},
                                                                  {"folder", "f"},
                                                                  {"datastore", "d"},
                                                                  {"image", ""},
                                                                  {"zone", 7},
                                                                  {"tags", "gpu"},
                                                                  {"tags", blank}};
    for (const auto& [field, value] : pooled) {
        auto given = pooledBody();
        const auto order = parseOrder(given.set(field, value));
        ASSERT_FALSE(order.has_value()) << field;
        EXPECT_EQ(order.error().field, field);
    }
    for (const auto* field : {"zone", "tags"}) {
        auto given = body();
        const auto order = parseOrder(given.set(field, "x"));
        ASSERT_FALSE(order.has_value()) << field;
        EXPECT_EQ(order.error().field, field);
    }
    auto neither = *json::parseObject(R"({"name":"k8s","gateway_id":"gw_00000000000000000000000000",
        "endpoint_id":"ep_00000000000000000000000000","control_plane_count":1,"worker_count":0})");
    EXPECT_EQ(parseOrder(neither).error().field, "template");
}

TEST(DeploySpec, AKeyIsOfTheTypeThatItSays) {
    EXPECT_TRUE(isSshPublicKey(kKey));
    for (const std::string_view key :
         {"",
          "ssh-ed25519",
          "ssh-ed25519 AAAA",
          "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
          "ssh-dss AAAAB3NzaC1kc3MAAAAB",
          "command=\"x\" ssh-ed25519 "
          "AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"})
        EXPECT_FALSE(isSshPublicKey(key)) << key;
}

TEST(DeploySpec, ScalingUsesTheLowestFreeNumbersAndRemovesTheHighest) {
    test::SeededRandom random;
    auto machines = added("k8s", {}, {1, 3}, Origin::Cloned, random, {});
    machines[2].wished = false;  // worker-2 is on its way out

    const auto more = added("k8s", machines, {1, 4}, Origin::Cloned, random, {});

    ASSERT_EQ(more.size(), 2U);
    EXPECT_EQ(more[0].name, "k8s-worker-4");
    EXPECT_EQ(more[1].name, "k8s-worker-5");
    EXPECT_EQ(surplus(machines, {1, 1}), std::vector<std::string>{"k8s-worker-3"});
}

TEST(DeploySpec, AMachinesRecordIsReadBack) {
    Machine machine;
    machine.name = "k8s-cp-1";
    machine.phase = Phase::PoweringOn;
    machine.cloneSent = machine.failed = true;
    machine.vm = "vm-7";
    machine.task = "task-9";
    machine.taskKind = TaskKind::PowerOn;
    machine.addresses = {"192.0.2.1"};
    machine.why = std::string(5000, 'x');
    machine.changedAt = fromUnixMilliseconds(1'795'300'000'123);

    const auto again = machineFromText(toText(machine));

    ASSERT_TRUE(again.has_value()) << again.error().message();
    machine.why.resize(1024);
    EXPECT_EQ(*again, machine);

    machine.origin = Origin::Pooled;
    machine.choice = "4y3ha3";
    machine.unfit = {"4y3ha4"};
    machine.failedInstalls = 1;
    machine.discard = machine.doubled = true;
    machine.late = fromUnixMilliseconds(1'795'300'100'456);
    EXPECT_EQ(*machineFromText(toText(machine)), machine);
}

}  // namespace
}  // namespace pcg::controlplane::deploy
