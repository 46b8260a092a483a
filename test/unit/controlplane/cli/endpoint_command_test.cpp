// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/cli/endpoint_command.h"

#include "common/codec/base64url.h"
#include "common/crypto/ec_key.h"
#include "pairing/errc.h"
#include "pairing/sealed_credentials.h"
#include "pairing/types.h"
#include "test/support/seeded_random.h"

#include <gtest/gtest.h>

namespace pcg::controlplane::cli {
namespace {

namespace json = codec::json;

const std::string kSha(64, 'a');

class FakePerson final : public Person {
  public:
    bool there = true;
    bool agreement = true;
    std::string typed = "s3cret-canary";
    std::string said;
    int passwords = 0;

    bool isThere() const override { return there; }

    Result<Secret> password(const std::string& question) override {
        ++passwords;
        said += question;
        if (!there) return fail(kUsage, "nobody");
        return Secret::fromText(typed);
    }

    bool agrees(const std::string& question) override {
        said += question;
        return agreement;
    }

    void tell(const std::string& sentence) override { said += sentence; }
};

// A control plane with one gateway, whose keys are the test's.
class EndpointCommandTest : public ::testing::Test {
  protected:
    pcg::test::SeededRandom random{1};
    crypto::EcKey device = *crypto::EcKey::generate(crypto::EcCurve::P256);
    std::string gateway = pairing::gatewayIdOf(device.publicSpki());
    crypto::Scalar sealing = crypto::Scalar::random(random);
    crypto::PointBytes published = crypto::Point::multiplyGenerator(sealing).bytes();
    FakePerson person;
    json::Object endpoint;
    std::vector<TenantApi::Request> changes;

    EndpointCommandTest() {
        endpoint.set("id", "ep_1").set("name", "vc1").set("kind", "vcenter").set("state", "ok");
    }

    void showsCertificate() {
        json::Object certificate;
        certificate.set("sha256", kSha).set("subject", "CN=vc\x1b[2J").set("issuer", "CN=ca");
        endpoint.set("state", "untrusted").set("presented_certificate", std::move(certificate));
    }

    json::Object gatewayJson() {
        const auto statement = pairing::sealingKeyStatement(gateway, published);
        json::Object key;
        key.set("public_key", codec::base64UrlEncode(published))
            .set("key_id", "k1")
            .set("device_spki", codec::base64UrlEncode(device.publicSpki()))
            .set("signature", codec::base64UrlEncode(*device.signEs256(statement)));
        json::Object object;
        object.set("id", gateway).set("sealing", std::move(key));
        return object;
    }

    Result<json::Object> run(std::vector<std::string> words) {
        for (const auto* word :
             {"--server", "https://cp:1", "--ca", "ca.pem", "--token-file", "token"})
            words.emplace_back(word);
        const auto line = PCG_TRY(parseCommandLine(words));
        EndpointCommand command(
            [this](TenantApi::Request request) -> Result<json::Object> {
                if (request.method != "GET") changes.push_back(request);
                if (request.path == "/api/v1/gateways/" + gateway) return gatewayJson();
                return endpoint;
            },
            person,
            random);
        return command.run(line);
    }

    Result<json::Object> add(std::vector<std::string> more = {}) {
        std::vector<std::string> words{"endpoints",
                                       "add",
                                       gateway,
                                       "VC1",
                                       "--address",
                                       "https://VC.example/ui/",
                                       "--username",
                                       "svc"};
        words.insert(words.end(), more.begin(), more.end());
        return run(std::move(words));
    }

    pairing::PasswordCredentials opened(const TenantApi::Request& request) {
        return openedAs(request, "vc1", "vcenter");
    }

    pairing::PasswordCredentials openedAs(const TenantApi::Request& request,
                                          std::string name,
                                          std::string kind) {
        const auto body = *json::parseObject(request.body);
        const auto* box = *body.object("credentials");
        const auto sealed = *codec::base64UrlDecode(*box->string("sealed", 8192));
        const auto text = pairing::openCredentials(sealed, sealing, {gateway, name, kind});
        EXPECT_TRUE(text) << text.error().message();
        return *pairing::PasswordCredentials::parse(*text);
    }
};

TEST_F(EndpointCommandTest, TheGatewayOpensWhatWasTypedAndTheControlPlaneSeesNothingOfIt) {
    const auto added = add();
    ASSERT_TRUE(added) << added.error().message();
    ASSERT_EQ(changes.size(), 1U);
    EXPECT_EQ(changes[0].path, "/api/v1/gateways/" + gateway + "/endpoints");
    EXPECT_FALSE(changes[0].idempotencyKey.empty());
    EXPECT_EQ(changes[0].body.find("canary"), std::string::npos);
    EXPECT_NE(changes[0].body.find(R"("address":"vc.example","trust":{"mode":"ask"})"),
              std::string::npos)
        << changes[0].body;
    const auto credentials = opened(changes[0]);
    EXPECT_EQ(credentials.address, "vc.example");
    EXPECT_EQ(credentials.username.revealText(), "svc");
    EXPECT_EQ(credentials.password.revealText(), "s3cret-canary");
    EXPECT_NE(person.said.find(gateway), std::string::npos) << "so that it can be compared";
}

TEST_F(EndpointCommandTest, NothingIsAskedForOrSentWhenTheKeyIsNotTheGatewaysOwn) {
    const auto other = *crypto::EcKey::generate(crypto::EcCurve::P256);
    device = *crypto::EcKey::fromPkcs8(*other.toPkcs8());  // the id was made of another one
    const auto added = add();
    ASSERT_FALSE(added);
    EXPECT_TRUE(added.error().is(pairing::kSealed)) << added.error().message();
    EXPECT_EQ(person.passwords, 0);
    EXPECT_TRUE(changes.empty());
}

TEST_F(EndpointCommandTest, TheGatewayMustBeNamedByItsId) {
    const auto added =
        run({"endpoints", "add", "west", "vc1", "--address", "vc", "--username", "u"});
    ASSERT_FALSE(added);
    EXPECT_EQ(exitCodeOf(added.error()), 2);
    EXPECT_NE(added.error().message().find("gateway id"), std::string::npos);
}

TEST_F(EndpointCommandTest, AShownCertificateIsApprovedByItsSha256AfterAYes) {
    showsCertificate();
    ASSERT_TRUE(add());
    ASSERT_EQ(changes.size(), 2U);
    EXPECT_EQ(changes[1].path, "/api/v1/gateways/" + gateway + "/endpoints/ep_1/certificate");
    EXPECT_EQ(changes[1].body, R"({"sha256":")" + kSha + R"("})");
    EXPECT_NE(person.said.find(kSha), std::string::npos);
    EXPECT_EQ(person.said.find('\x1b'), std::string::npos);
}

TEST_F(EndpointCommandTest, WithoutAYesNothingIsApproved) {
    showsCertificate();
    person.agreement = false;
    EXPECT_TRUE(add());
    EXPECT_EQ(changes.size(), 1U);
    const auto approved = run({"endpoints", "approve", gateway, "ep_1"});
    ASSERT_FALSE(approved);
    EXPECT_TRUE(approved.error().is(kNotApproved));
    person.there = false;
    EXPECT_EQ(exitCodeOf(run({"endpoints", "approve", gateway, "ep_1"}).error()), 2);
    EXPECT_EQ(changes.size(), 1U);
}

TEST_F(EndpointCommandTest, ACertificateThatDoesNotFitTheTrustThatWasGivenIsNotOffered) {
    showsCertificate();
    EXPECT_TRUE(add({"--pin-sha256", std::string(64, 'B')}));
    ASSERT_EQ(changes.size(), 1U);
    EXPECT_NE(changes[0].body.find(std::string(64, 'b')), std::string::npos);
}

TEST_F(EndpointCommandTest, NewCredentialsAreSealedForTheAddressThatWasTyped) {
    endpoint.set("target", "evil.example:443");
    const auto changed = run({"endpoints",
                              "credentials",
                              gateway,
                              "ep_1",
                              "--address",
                              "vc.example",
                              "--username",
                              "svc2"});
    ASSERT_TRUE(changed) << changed.error().message();
    ASSERT_EQ(changes.size(), 1U);
    EXPECT_EQ(changes[0].method, "PATCH");
    EXPECT_EQ(opened(changes[0]).address, "vc.example");
    const auto without = run({"endpoints", "credentials", gateway, "ep_1", "--username", "svc2"});
    ASSERT_FALSE(without);
    EXPECT_NE(without.error().message().find("--address"), std::string::npos);
}

TEST_F(EndpointCommandTest, SealsTheApiKeyOfAMaasForThatKind) {
    person.typed = "consumer:token:s3cret-canary";
    const auto added = run(
        {"endpoints", "add", gateway, "m1", "--kind", "maas", "--address", "maas.example/MAAS"});

    ASSERT_TRUE(added) << added.error().message();
    EXPECT_NE(person.said.find("API key of the MAAS at maas.example"), std::string::npos);
    ASSERT_FALSE(changes.empty());
    EXPECT_EQ(*json::parseObject(changes[0].body)->string("kind", 32), "maas");
    EXPECT_EQ(changes[0].body.find("canary"), std::string::npos);
    const auto credentials = openedAs(changes[0], "m1", "maas");
    EXPECT_EQ(credentials.username.revealText(), "consumer:token");
    EXPECT_EQ(credentials.password.revealText(), "s3cret-canary");
}

TEST_F(EndpointCommandTest, RefusesWhatIsNoApiKeyAndWhatBelongsToTheOtherKind) {
    person.typed = "consumer:token";
    const std::vector<std::string> maas{
        "endpoints", "add", gateway, "m1", "--kind", "maas", "--address", "maas.example"};
    EXPECT_NE(run(maas).error().message().find("three parts"), std::string::npos);
    auto named = maas;
    named.insert(named.end(), {"--username", "svc"});
    EXPECT_NE(run(named).error().message().find("--api-key-file"), std::string::npos);
    EXPECT_NE(add({"--api-key-file", "x"}).error().message().find("is for a MAAS"),
              std::string::npos);
    EXPECT_NE(add({"--kind", "libvirt"}).error().message().find("vcenter or maas"),
              std::string::npos);
    EXPECT_TRUE(changes.empty());
}

}  // namespace
}  // namespace pcg::controlplane::cli
