// SPDX-License-Identifier: Apache-2.0
// The control plane as a process: ready, stopped, killed, started again on the same directory.
#include "test/integration/controlplane/simulator.h"

#include <gtest/gtest.h>

#include <sys/stat.h>

namespace pcg {
namespace {

using test::Simulator;

class ControlPlaneProcess : public testing::Test {
  protected:
    static std::string createTenant(Simulator& simulator, const std::string& name) {
        const auto created =
            simulator.ask("POST",
                          "/api/v1/tenants",
                          simulator.operatorToken(),
                          R"({"name":")" + name + R"(","admin_username":"admin"})");
        EXPECT_EQ(created.status, 201) << created.body;
        return created.text("api_token");
    }

    test::TempDir directory_;
};

TEST_F(ControlPlaneProcess, TellsWhereItIsInAFileForItsOwnerOnly) {
    Simulator simulator(directory_ / "cp");
    ASSERT_TRUE(simulator.start()) << simulator.log();

    for (const char* file : {"ready.json", "operator-token", "controlplane.db", "root.key"}) {
        struct stat status{};
        ASSERT_EQ(::stat((directory_ / "cp" / file).c_str(), &status), 0) << file;
        EXPECT_EQ(status.st_mode & 0777, 0600u) << file;
    }
    EXPECT_TRUE(simulator.ready("url").starts_with("https://127.0.0.1:"));
    EXPECT_TRUE(simulator.ready("bus_url").starts_with("tls://127.0.0.1:"));

    EXPECT_EQ(simulator.kill(SIGTERM), 0) << simulator.log();
    EXPECT_FALSE(std::filesystem::exists(directory_ / "cp" / "ready.json"));
    EXPECT_NE(::kill(simulator.natsPid(), 0), 0) << "the broker outlives the control plane";
}

TEST_F(ControlPlaneProcess, KeepsTenantsPortsAndTrustOverAStop) {
    Simulator first(directory_ / "cp");
    ASSERT_TRUE(first.start()) << first.log();
    const auto token = createTenant(first, "acme");
    EXPECT_EQ(first.ask("GET", "/api/v1/me", token).text("tenant", "name"), "acme");
    ASSERT_EQ(first.kill(SIGTERM), 0) << first.log();

    Simulator second(directory_ / "cp");
    ASSERT_TRUE(second.start()) << second.log();

    EXPECT_EQ(second.ready("url"), first.ready("url"));
    EXPECT_EQ(second.ready("bus_url"), first.ready("bus_url"));
    EXPECT_EQ(second.operatorToken(), first.operatorToken());
    EXPECT_EQ(second.ask("GET", "/api/v1/me", token).text("tenant", "name"), "acme");
}

TEST_F(ControlPlaneProcess, ComesBackAfterItWasKilled) {
    Simulator first(directory_ / "cp");
    ASSERT_TRUE(first.start()) << first.log();
    const auto token = createTenant(first, "acme");
    first.kill(SIGKILL);

    Simulator second(directory_ / "cp");
    ASSERT_TRUE(second.start()) << second.log();

    EXPECT_EQ(second.ready("url"), first.ready("url"));
    EXPECT_EQ(second.ready("bus_url"), first.ready("bus_url"));
    EXPECT_EQ(second.ask("GET", "/api/v1/me", token).status, 200);
}

TEST_F(ControlPlaneProcess, LeavesTheDirectoryToTheOneThatHasIt) {
    Simulator first(directory_ / "cp");
    ASSERT_TRUE(first.start()) << first.log();
    const auto before = test::readFile(directory_ / "cp" / "ready.json");

    // By another path, so that the second one's log does not overwrite the first one's.
    std::filesystem::create_directory_symlink(directory_ / "cp", directory_ / "other");
    Simulator second(directory_ / "other");
    EXPECT_FALSE(second.start());

    EXPECT_NE(second.log().find("is used by process"), std::string::npos) << second.log();
    EXPECT_EQ(test::readFile(directory_ / "cp" / "ready.json"), before);
    EXPECT_EQ(first.ask("GET", "/api/v1/tenants", first.operatorToken()).status, 200);
}

TEST_F(ControlPlaneProcess, ShowsEachTenantItsOwnOnly) {
    Simulator simulator(directory_ / "cp");
    ASSERT_TRUE(simulator.start()) << simulator.log();
    const auto acme = createTenant(simulator, "acme");
    const auto globex = createTenant(simulator, "globex");

    EXPECT_EQ(simulator.ask("GET", "/api/v1/me", globex).text("tenant", "name"), "globex");
    EXPECT_EQ(simulator.ask("GET", "/api/v1/tenants", acme).status, 401);
    EXPECT_EQ(simulator.ask("GET", "/api/v1/me", "pcg_wrong").status, 401);
    EXPECT_EQ(simulator.ask("GET", "/api/v1/gateways", acme).body,
              R"({"items":[],"next_cursor":null})");
    const auto taken = simulator.ask("POST",
                                     "/api/v1/tenants",
                                     simulator.operatorToken(),
                                     R"({"name":"ACME","admin_username":"x"})");
    EXPECT_EQ(taken.status, 409) << taken.body;
}

TEST_F(ControlPlaneProcess, ADeletedTenantIsGoneAlsoAtTheBusAndItsNameIsFree) {
    Simulator simulator(directory_ / "cp");
    ASSERT_TRUE(simulator.start()) << simulator.log();
    const auto op = simulator.operatorToken();
    const std::string acme = R"({"name":"acme","admin_username":"admin"})";
    const auto made = simulator.ask("POST", "/api/v1/tenants", op, acme);
    ASSERT_EQ(made.status, 201) << made.body;
    const auto path = "/api/v1/tenants/" + made.text("tenant", "id");

    EXPECT_EQ(simulator.ask("DELETE", path, op).status, 204);

    EXPECT_EQ(simulator.ask("GET", path, op).status, 404);
    EXPECT_EQ(simulator.ask("GET", "/api/v1/me", made.text("api_token")).status, 401);
    EXPECT_EQ(simulator.log().find("claims.not_taken"), std::string::npos) << simulator.log();
    EXPECT_EQ(simulator.ask("POST", "/api/v1/tenants", op, acme).status, 201);
}

}  // namespace
}  // namespace pcg
