// SPDX-License-Identifier: Apache-2.0
#include "gateway/endpoints/new_endpoint.h"

#include "gateway/errc.h"

#include <gtest/gtest.h>

namespace pcg::gateway {
namespace {

namespace json = codec::json;

json::Object good() {
    json::Object body;
    body.set("name", "vc1")
        .set("kind", "vcenter")
        .set("url", "https://vcenter.example.com:8443/")
        .set("username", "administrator@vsphere.local")
        .set("password", "s p")
        .set("pin_sha256", std::string(64, 'A'));
    return body;
}

std::string refusal(const json::Object& body) {
    const auto parsed = parseNewEndpoint(body);
    EXPECT_FALSE(parsed) << json::write(body);
    if (parsed) return "accepted";
    EXPECT_TRUE(parsed.error().is(errc::kBadField));
    return parsed.error().message();
}

std::string refusalOf(std::string_view field, json::Value value) {
    auto body = good();
    body.set(field, std::move(value));
    return refusal(body);
}

TEST(NewEndpoint, TakesAWholeDescription) {
    const auto parsed = parseNewEndpoint(good());

    ASSERT_TRUE(parsed) << parsed.error().message();
    EXPECT_EQ(parsed->address.url(), "https://vcenter.example.com:8443");
    EXPECT_EQ(parsed->trust.kind, TrustKind::Pin);
    EXPECT_EQ(parsed->trust.anchor, std::string(64, 'a'));
    EXPECT_EQ(parsed->credentials.password.revealText(), "s p");
}

TEST(NewEndpoint, OpensTunnelsOnlyWhereItIsSaid) {
    EXPECT_TRUE(parseNewEndpoint(good())->tunnels.empty());
    const auto with = [](std::initializer_list<const char*> places) {
        json::Array items;
        for (const auto* place : places) items.emplace_back(place);
        auto body = good();
        body.set("tunnels", std::move(items));
        return body;
    };
    EXPECT_EQ(
        parseNewEndpoint(with({"ESX1.example:443", "esx1.example.:443", "[FD00::7]:902"}))->tunnels,
        (std::vector<std::string>{"esx1.example:443", "[fd00::7]:902"}));
    EXPECT_TRUE(refusal(with({"esx1.example"})).starts_with("tunnels: "));
    EXPECT_TRUE(refusal(with({"127.1:443"})).starts_with("tunnels: "));
    EXPECT_TRUE(refusalOf("tunnels", "esx1:443").starts_with("\"tunnels\""));
    json::Array none;
    const auto change = parseEndpointChange(json::Object().set("tunnels", std::move(none)));
    ASSERT_TRUE(change);
    EXPECT_TRUE(change->tunnels && change->tunnels->empty());
    EXPECT_FALSE(parseEndpointChange(json::Object().set("name", "vc2"))->tunnels);
}

TEST(NewEndpoint, NamesTheFieldThatIsWrong) {
    EXPECT_TRUE(refusalOf("name", "a b").starts_with("name: "));
    EXPECT_TRUE(refusalOf("name", "").starts_with("name: "));
    EXPECT_TRUE(refusalOf("name", std::string(64, 'n')).starts_with("name: "));
    EXPECT_TRUE(refusalOf("kind", "vcentre").find("Did you mean \"vcenter\"?") !=
                std::string::npos);
    EXPECT_TRUE(refusalOf("username", "").starts_with("username: "));
    EXPECT_TRUE(refusalOf("password", "a\nb").starts_with("password: "));
}

TEST(NewEndpoint, RefusesUrlsThatAreNotAnHttpsOrigin) {
    for (const auto* url : {"http://vc",
                            "https://",
                            "https://vc/folder/x",
                            "https://vc:0",
                            "https://u:p@vc",
                            "https://vc?x",
                            "ftp://vc"}) {
        EXPECT_TRUE(refusalOf("url", url).starts_with("url: ")) << url;
    }
}

TEST(NewEndpoint, SaysWhatIsWrongWithAPin) {
    EXPECT_NE(refusalOf("pin_sha256", std::string(40, 'a')).find("SHA-1"), std::string::npos);
    EXPECT_NE(refusalOf("pin_sha256", std::string(63, 'a')).find("this has 63 characters"),
              std::string::npos);
    EXPECT_NE(refusalOf("pin_sha256", std::string(64, 'g')).find("hex digits only"),
              std::string::npos);
}

TEST(NewEndpoint, WantsExactlyOneWayToKnowTheEndpoint) {
    auto neither = good();
    neither.set("pin_sha256", nullptr);
    EXPECT_FALSE(parseNewEndpoint(neither));
    EXPECT_NE(refusalOf("ca_pem", "x").find("cannot be combined"), std::string::npos);
}

TEST(NewEndpoint, MayWaitForAPersonToApproveTheCertificate) {
    auto body = good();
    body.set("pin_sha256", nullptr).set("ask", true);
    const auto parsed = parseNewEndpoint(body);
    ASSERT_TRUE(parsed) << parsed.error().message();
    EXPECT_EQ(parsed->trust.kind, TrustKind::Ask);
    EXPECT_NE(refusalOf("ask", true).find("cannot be combined"), std::string::npos);
}

TEST(NewEndpoint, AChangeNamesWhatChanges) {
    const auto change = parseEndpointChange(json::Object().set("url", "https://VC2/ui/"));
    ASSERT_TRUE(change) << change.error().message();
    EXPECT_EQ(*change->url, "https://vc2");
    EXPECT_FALSE(change->name || change->trust || change->credentials);
    EXPECT_FALSE(parseEndpointChange(json::Object()));
    EXPECT_FALSE(parseEndpointChange(json::Object().set("password", "x")));
}

TEST(NewEndpoint, AMaasTakesAnApiKeyOfThreeParts) {
    const auto check = [](const char* kind, const char* user, const char* password) {
        const EndpointCredentials given{Secret::fromText(user), Secret::fromText(password)};
        return checkCredentials(kind, given).has_value();
    };
    EXPECT_TRUE(check("maas", "c:t", "s"));
    EXPECT_TRUE(check("maas", "whoever", "c:t:s")) << "the whole key in one field";
    EXPECT_FALSE(check("maas", "root", "secret"));
    EXPECT_TRUE(check("vcenter", "root", "secret"));
}

TEST(NewEndpoint, RefusesAFieldItDoesNotKnow) {
    EXPECT_NE(refusalOf("pasword", "x").find("pasword"), std::string::npos);
}

}  // namespace
}  // namespace pcg::gateway
