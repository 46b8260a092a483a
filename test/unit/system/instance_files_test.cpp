// SPDX-License-Identifier: Apache-2.0
// Files of the platform's own gateways, and what is read from their control sockets.
#include "controlplane-sim/system/instance_files.h"

#include "common/codec/json.h"
#include "controlplane-sim/system/control_socket.h"
#include "test/support/temp_dir.h"

#include <gtest/gtest.h>

#include <fstream>

namespace pcg::controlplane {
namespace {

namespace fs = std::filesystem;

const auto kTenant = *wire::parseTenantId("tn_0123456789abcdefghjkmnpqrs");

class Files : public ::testing::Test {
  protected:
    Files() {
        settings_.root = dir_ / "sg";
        settings_.program = "/bin/true";
        settings_.controlplaneUrl = "https://127.0.0.1:8443";
        settings_.controlplaneCa = dir_ / "ca.pem";
        settings_.networks = *net::parseNetworks("10.1.0.0/16");
    }

    test::TempDir dir_;
    SystemGatewaySettings settings_;
    const std::string name_ = "0123456789ab";
};

TEST_F(Files, TheConfigurationExpectsTheTenantAndKeepsItInTheNetworks) {
    const InstanceFiles files(settings_, name_);
    ASSERT_TRUE(files.write(settings_, kTenant));

    const auto text = test::readFile(files.configuration());
    const auto written = codec::json::parseObject(text);
    ASSERT_TRUE(written) << text;
    EXPECT_EQ(*written->string("expected_tenant", 64), kTenant.text());
    EXPECT_EQ(*written->string("endpoint_networks", 64), "10.1.0.0/16");
    EXPECT_EQ(*written->string("console", 64), "none");
    EXPECT_EQ(fs::status(files.configuration().parent_path()).permissions(), fs::perms::owner_all);
    EXPECT_EQ(instancesIn(settings_.root), std::vector{name_});
}

TEST_F(Files, WithoutNetworksNothingIsWrittenAndNothingIsOffered) {
    settings_.networks.clear();

    const auto written = InstanceFiles(settings_, name_).write(settings_, kTenant);

    ASSERT_FALSE(written) << "no networks would mean all of them";
    EXPECT_TRUE(written.error().is(kSystemOff));
    EXPECT_TRUE(instancesIn(settings_.root).empty());
}

TEST_F(Files, WhatIsMissingIsSaidWithWhatWouldDo) {
    settings_.program = dir_ / "absent";
    EXPECT_NE(checkOffering(settings_).error().message().find("--system-gateway-program"),
              std::string::npos);
    settings_.program = "/bin/true";
    settings_.root = dir_ / std::string(100, 'x');
    EXPECT_NE(checkOffering(settings_).error().message().find("--state-dir"), std::string::npos);
}

TEST_F(Files, WipingLeavesNothingAndMayBeRepeated) {
    const InstanceFiles files(settings_, name_);
    ASSERT_TRUE(files.write(settings_, kTenant));
    const auto key = settings_.root / name_ / "root.key";
    std::ofstream(key) << "canary-of-the-root-key";
    const auto other = dir_ / "linked";  // the very blocks: what an undelete would find
    fs::create_hard_link(key, other);

    ASSERT_TRUE(files.wipe());
    EXPECT_TRUE(files.wipe());

    EXPECT_TRUE(fs::is_empty(settings_.root));
    EXPECT_EQ(test::readFile(other).find("canary"), std::string::npos);
}

TEST_F(Files, WhatIsNotAnInstanceIsNotTouched) {
    fs::create_directories(settings_.root / "notes");
    EXPECT_TRUE(instancesIn(settings_.root).empty());
}

TEST(ControlSocket, TheReportOfAGatewayIsRead) {
    const auto report = parseGatewayReport(
        R"({"gateway_id":"gw_1","version":"1","pairing":{"state":"offered","code":"7K3M-Q9TD-X4WS",)"
        R"("expires_in_ms":5},"endpoints":[]})");
    ASSERT_TRUE(report);
    EXPECT_EQ(report->gatewayId, "gw_1");
    EXPECT_EQ(report->pairing, "offered");
    EXPECT_EQ(report->code.revealText(), "7K3M-Q9TD-X4WS");
    EXPECT_FALSE(parseGatewayReport("{}"));
    EXPECT_FALSE(parseGatewayReport(R"({"pairing":7})"));
}

}  // namespace
}  // namespace pcg::controlplane
