// SPDX-License-Identifier: Apache-2.0
#include <csignal>
#include <set>

#include "gateway_process.h"

namespace pcg::test {
namespace {

class GatewayCrash : public GatewayProcess {
  protected:
    GatewayCrash() { configure(); }

    std::set<std::string> endpointNames() {
        const auto listed = ctlJson({"endpoint", "list"});
        std::set<std::string> names;
        const auto* endpoints = listed.find("endpoints");
        if (endpoints == nullptr || endpoints->asArray() == nullptr) return names;
        for (const auto& item : *endpoints->asArray()) {
            names.insert(item.asObject()->string("name", 99).value());
        }
        return names;
    }
};

TEST_F(GatewayCrash, LosesNothingThatWasAnsweredHoweverOftenItIsKilled) {
    std::string identity;
    std::set<std::string> answered;
    for (int round = 0; round < 8; ++round) {
        start();
        const auto id = ctlJson({"status"}).string("gateway_id", 99).value();
        if (identity.empty()) identity = id;
        EXPECT_EQ(id, identity);
        const auto kept = endpointNames();
        for (const auto& name : answered)
            EXPECT_TRUE(kept.contains(name)) << name << " in round " << round;

        const auto name = "vc" + std::to_string(round);
        if (addEndpoint(name).code == 0) answered.insert(name);
        daemon_->signal(SIGKILL);
        EXPECT_EQ(daemon_->wait(), 128 + SIGKILL);
    }
    EXPECT_EQ(answered.size(), 8U);
}

TEST_F(GatewayCrash, StartsAgainAfterBeingKilledInTheMiddleOfAWrite) {
    for (int round = 0; round < 6; ++round) {
        start();
        const ChildProcess writer({program("pcgctl"),
                                   "--socket",
                                   state() + "/control.sock",
                                   "endpoint",
                                   "add",
                                   "vc" + std::to_string(round),
                                   "--url",
                                   "https://127.0.0.1:1",
                                   "--username",
                                   "u",
                                   "--password-file",
                                   "-",
                                   "--pin-sha256",
                                   std::string(64, 'b')},
                                  "swordfish\n");
        // Wherever the request is by now: on its way, in the queue, before or after the commit.
        daemon_->signal(SIGKILL);
        daemon_->wait();
    }

    start();

    EXPECT_EQ(ctl({"status"}).code, 0);
    EXPECT_LE(endpointNames().size(), 6U);
}

TEST_F(GatewayCrash, StartsAgainAfterBeingKilledAtItsVeryFirstSteps) {
    for (int round = 0; round < 10; ++round) {
        ChildProcess first(daemonCommand());
        if (round % 2 == 1) first.expect("gateway.started");
        first.signal(SIGKILL);
        first.wait();
    }

    start();

    EXPECT_EQ(ctl({"status"}).code, 0);
}

TEST_F(GatewayCrash, RefusesAStateDirectoryWhoseRootKeyIsGone) {
    start();
    daemon_->signal(SIGTERM);
    daemon_->wait();
    std::filesystem::remove(state() + "/root.key");

    const auto finished = run(daemonCommand());

    EXPECT_EQ(finished.code, 1);
    EXPECT_NE(finished.err.find("root.key"), std::string::npos) << finished.err;
    EXPECT_FALSE(std::filesystem::exists(state() + "/root.key"));
}

TEST_F(GatewayCrash, RefusesADamagedDatabaseWithASentence) {
    start();
    daemon_->signal(SIGKILL);
    daemon_->wait();
    for (const auto* name : {"/gateway.db-wal", "/gateway.db-shm"})
        std::filesystem::remove(state() + name);
    const auto file = state() + "/gateway.db";
    std::filesystem::resize_file(file, 100);
    std::filesystem::permissions(
        file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);

    const auto finished = run(daemonCommand());

    EXPECT_EQ(finished.code, 1);
    EXPECT_NE(finished.err.find("gateway.db"), std::string::npos) << finished.err;
}

}  // namespace
}  // namespace pcg::test
