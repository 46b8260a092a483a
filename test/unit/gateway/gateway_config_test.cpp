// SPDX-License-Identifier: Apache-2.0
#include "gateway/gateway_config.h"

#include "test/support/link/certificates.h"
#include "test/support/temp_dir.h"

#include <gtest/gtest.h>

#include <sys/stat.h>

namespace pcg::gateway {
namespace {

class GatewayConfigTest : public testing::Test {
  protected:
    // `members` replace nothing: each text is a whole set of keys beside state_dir.
    Result<GatewayConfig> load(const std::string& members) {
        return loadGatewayConfig(dir_.write("gw.json", "{\"state_dir\":\"/s\"," + members + "}"));
    }

    std::string refusal(const std::string& members) {
        const auto config = load(members);
        EXPECT_FALSE(config) << members;
        return config ? "accepted" : config.error().message();
    }

    test::TempDir dir_;
    const std::string ca_ =
        "\"controlplane_ca_file\":\"" + dir_.write("ca.pem", "x").string() + "\"";
    const std::string url_ = R"("controlplane_url":"https://cp.example.com:8443")";
};

TEST_F(GatewayConfigTest, TakesTheSmallestUsefulFile) {
    const auto config = load(url_ + "," + ca_);

    ASSERT_TRUE(config) << config.error().message();
    EXPECT_EQ(config->controlplaneUrl, "https://cp.example.com:8443");
    EXPECT_EQ(config->console, "stdout");
    EXPECT_EQ(config->controlSocket(), "/s/control.sock");
    EXPECT_FALSE(config->hostname.empty());
    EXPECT_FALSE(config->expectedTenant);
}

TEST_F(GatewayConfigTest, TakesAControlSocketOutsideOfTheStateDirectory) {
    const auto config = load(url_ + "," + ca_ + R"(,"control_socket":"/run/g/c.sock")");

    ASSERT_TRUE(config) << config.error().message();
    EXPECT_EQ(config->controlSocket(), "/run/g/c.sock");
    for (const auto& path : {std::string("c.sock"), "/" + std::string(120, 'x')}) {
        const auto message = refusal(url_ + "," + ca_ + R"(,"control_socket":")" + path + "\"");
        EXPECT_NE(message.find("key \"control_socket\""), std::string::npos) << message;
    }
}

TEST_F(GatewayConfigTest, TakesAPinWithColonsInEitherCase) {
    std::string pin;
    for (int i = 0; i < 32; ++i) pin += i == 0 ? "aB" : ":aB";

    const auto config = load(url_ + R"(,"controlplane_root_sha256":")" + pin + "\"");

    ASSERT_TRUE(config) << config.error().message();
    EXPECT_EQ(config->controlplaneRootSha256->front(), 0xab);
}

TEST_F(GatewayConfigTest, NamesTheKeyThatWasMeant) {
    EXPECT_NE(refusal(R"("controlplane_ulr":"https://x",)" + ca_)
                  .find("Did you mean \"controlplane_url\"?"),
              std::string::npos);
}

TEST_F(GatewayConfigTest, RefusesUrlsThatAreNotAnHttpsOrigin) {
    for (const auto* url : {"http://cp",
                            "cp.example.com",
                            "https://",
                            "https://cp/path",
                            "https://cp:99999",
                            "https://u:p@cp",
                            "https://cp?x"}) {
        const auto message = refusal("\"controlplane_url\":\"" + std::string(url) + "\"," + ca_);
        EXPECT_NE(message.find("key \"controlplane_url\": "), std::string::npos) << message;
    }
}

TEST_F(GatewayConfigTest, WantsExactlyOneWayToTrustTheControlPlane) {
    EXPECT_NE(refusal(url_).find("controlplane_root_sha256 is required"), std::string::npos);
    EXPECT_NE(
        refusal(url_ + "," + ca_ + R"(,"controlplane_root_sha256":")" + std::string(64, 'a') + "\"")
            .find("cannot be combined"),
        std::string::npos);
    EXPECT_NE(refusal(url_ + R"(,"controlplane_root_sha256":"abc")").find("64 hex digits"),
              std::string::npos);
    EXPECT_NE(refusal(url_ + R"(,"controlplane_ca_file":"/nowhere/ca.pem")").find("cannot be read"),
              std::string::npos);
}

TEST_F(GatewayConfigTest, RefusesATenantIdOfTheWrongForm) {
    EXPECT_NE(
        refusal(url_ + "," + ca_ + R"(,"expected_tenant":"acme")").find("key \"expected_tenant\""),
        std::string::npos);
}

TEST_F(GatewayConfigTest, TakesAProxyWithCredentialsAndExceptions) {
    const auto file = dir_.write("proxy", "user:secret\n");
    ::chmod(file.c_str(), 0600);

    const auto config = load(
        url_ + "," + ca_ + R"(,"proxy_url":"http://proxy:3128","proxy_exceptions":".x.example",)" +
        R"("proxy_credentials_file":")" + file.string() + "\"");

    ASSERT_TRUE(config) << config.error().message();
    EXPECT_EQ(config->egress.proxy->text(), "http://proxy:3128");
    EXPECT_EQ(config->egress.proxyExceptions.match("a.x.example"), ".x.example");
    EXPECT_EQ(readProxyCredentials(file)->revealText(), "Basic dXNlcjpzZWNyZXQ=");
}

TEST_F(GatewayConfigTest, NamesWhatIsWrongAboutTheProxyAndNeverItsPassword) {
    const auto open = dir_.write("open", "user:canary");
    ::chmod(open.c_str(), 0644);
    const auto bad = dir_.write("bad", "canary");
    ::chmod(bad.c_str(), 0600);
    const auto with = [&](const std::string& more) {
        return refusal(url_ + "," + ca_ + "," + more);
    };
    const std::string proxy = R"("proxy_url":"http://proxy:3128")";
    const std::pair<std::string, const char*> cases[] = {
        {R"("proxy_url":"proxy:3128")", "key \"proxy_url\": must begin with http://"},
        {R"("proxy_url":"http://u:canary@proxy:3128")", "proxy_credentials_file"},
        {R"("proxy_urk":"http://proxy:3128")", "Did you mean \"proxy_url\"?"},
        {R"("proxy_exceptions":"a.example")", "key \"proxy_exceptions\": needs proxy_url"},
        {proxy + R"(,"proxy_exceptions":"10.0.0.1/8")", "key \"proxy_exceptions\""},
        {proxy + R"(,"proxy_credentials_file":"/nowhere")", "cannot be read"},
        {proxy + R"(,"proxy_credentials_file":")" + open.string() + "\"", "chmod 600"},
        {proxy + R"(,"proxy_credentials_file":")" + bad.string() + "\"", "USER:PASSWORD"},
        {proxy + "," + R"("proxy_ca_file":"/x")", "is for an https:// proxy"},
        {R"("proxy_url":"https://proxy:3128")", "key \"proxy_ca_file\": is required"},
    };
    for (const auto& [members, expected] : cases) {
        const auto message = with(members);
        EXPECT_NE(message.find(expected), std::string::npos) << members << ": " << message;
        EXPECT_EQ(message.find("canary"), std::string::npos) << message;
    }
}

TEST_F(GatewayConfigTest, LetsABoxInspectThePairingOnlyWithItsOwnAuthority) {
    const auto box = dir_.write("box.pem", test::TestCa("Box").pem()).string();
    const auto file = R"("tls_inspection_ca_file":")" + box + "\"";
    const auto allow = std::string(R"("tls_inspection":"allow-pairing")");

    EXPECT_EQ(load(url_ + "," + ca_)->egress.inspection, TlsInspection::Deny);
    EXPECT_EQ(load(url_ + "," + ca_ + "," + allow + "," + file)->egress.inspection,
              TlsInspection::AllowPairing);
    EXPECT_NE(refusal(url_ + "," + ca_ + "," + allow).find("is required with"), std::string::npos);
    EXPECT_NE(refusal(url_ + "," + ca_ + "," + file).find("is of no effect"), std::string::npos);
    EXPECT_NE(
        refusal(url_ + "," + ca_ + R"(,"tls_inspection":"allow-pairin")").find("Did you mean"),
        std::string::npos);
    const auto junk = R"("tls_inspection_ca_file":")" + dir_.write("junk", "x").string() + "\"";
    EXPECT_NE(refusal(url_ + "," + ca_ + "," + allow + "," + junk).find("no certificate"),
              std::string::npos);
}

TEST_F(GatewayConfigTest, RefusesAStateDirectoryWhoseSocketPathWouldNotFit) {
    const auto file = dir_.write(
        "long.json", "{\"state_dir\":\"/" + std::string(110, 'd') + "\"," + url_ + "," + ca_ + "}");

    const auto config = loadGatewayConfig(file);

    ASSERT_FALSE(config);
    EXPECT_NE(config.error().message().find("is too long"), std::string::npos);
}

}  // namespace
}  // namespace pcg::gateway
