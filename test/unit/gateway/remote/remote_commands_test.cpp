// SPDX-License-Identifier: Apache-2.0
#include "gateway/remote/remote_commands.h"

#include "gateway/errc.h"

#include <gtest/gtest.h>

namespace pcg::gateway::remote {
namespace {

using codec::json::Object;

Object good() {
    Object body;
    body.set("name", "VC1")
        .set("kind", "vcenter")
        .set("address", "https://vc.example.com/")
        .set("trust", Object().set("mode", "ask"))
        .set("credentials", Object().set("sealed", "AAAA").set("key_id", "0123456789abcdef"));
    return body;
}

// The member that a refusal is about.
std::string refusedField(std::string_view member, codec::json::Value value) {
    auto body = good();
    body.set(member, std::move(value));
    // Written and read, so that paths are as in a request.
    const auto parsed = AddEndpoint::parse(*codec::json::parseObject(codec::json::write(body)));
    if (parsed) return "accepted";
    EXPECT_TRUE(parsed.error().is(errc::kBadField));
    return fieldOf(parsed.error().message());
}

TEST(RemoteCommands, TakeAWholeEndpointAndNormaliseIt) {
    const auto asked = AddEndpoint::parse(good());
    ASSERT_TRUE(asked) << asked.error().message();
    EXPECT_EQ(asked->name, "vc1");
    EXPECT_EQ(asked->address.text(), "vc.example.com:443");
    EXPECT_EQ(asked->trust.kind, TrustKind::Ask);
    EXPECT_EQ(asked->credentials.keyId, "0123456789abcdef");
}

TEST(RemoteCommands, NameTheMemberThatIsWrong) {
    EXPECT_EQ(refusedField("name", "a b"), "name");
    EXPECT_EQ(refusedField("name", 7), "name");
    EXPECT_EQ(refusedField("kind", "libvirt"), "kind");
    EXPECT_EQ(refusedField("address", "http://vc"), "address");
    EXPECT_EQ(refusedField("password", "x"), "password") << "never in clear";
    EXPECT_EQ(refusedField("trust", Object().set("mode", "none")), "trust.mode");
    EXPECT_EQ(refusedField("trust", Object().set("mode", "pin").set("sha256", "ab")),
              "trust.sha256");
    EXPECT_EQ(refusedField("trust", Object().set("mode", "ca").set("ca_pem", "x")), "trust.ca_pem");
    EXPECT_EQ(refusedField("trust", Object().set("mode", "ask").set("sha256", "ab")),
              "trust.sha256");
    EXPECT_EQ(refusedField("trust", nullptr), "trust");
    EXPECT_EQ(refusedField("credentials", Object().set("sealed", "AA")), "credentials.key_id");
    EXPECT_EQ(refusedField("credentials", Object().set("sealed", std::string(20'000, 'A'))),
              "credentials.sealed");
}

TEST(RemoteCommands, AnUpdateSaysWhatChangesAndNothingElse) {
    const auto asked = UpdateEndpoint::parse(Object().set("address", "vc2:8443"));
    ASSERT_TRUE(asked);
    EXPECT_FALSE(asked->name || asked->trust || asked->credentials);
    EXPECT_EQ(asked->address->text(), "vc2:8443");
    EXPECT_FALSE(UpdateEndpoint::parse(Object()));
    EXPECT_FALSE(UpdateEndpoint::parse(Object().set("kind", "vcenter")));
}

TEST(RemoteCommands, AnApprovalNamesOneCertificate) {
    EXPECT_EQ(*parseApproval(Object().set("sha256", std::string(64, 'A'))), std::string(64, 'a'));
    EXPECT_FALSE(parseApproval(Object().set("sha256", std::string(40, 'a'))));
    EXPECT_FALSE(parseApproval(Object()));
}

TEST(RemoteCommands, AKeyHasARoleAndPerhapsALabelAndAnEnd) {
    const auto asked =
        MintKey::parse(Object().set("role", "deploy").set("label", "ci").set("expires_in_s", 60));
    ASSERT_TRUE(asked) << asked.error().message();
    EXPECT_EQ(asked->role, proxy::Role::Deploy);
    EXPECT_EQ(asked->label, "ci");
    EXPECT_EQ(asked->expiresIn->count(), 60);
    EXPECT_FALSE(MintKey::parse(Object().set("role", "root")));
    EXPECT_FALSE(MintKey::parse(Object().set("role", "full").set("expires_in_s", 0)));
    EXPECT_FALSE(MintKey::parse(Object().set("role", "full").set("label", "a\nb")));
    EXPECT_FALSE(MintKey::parse(Object()
                                    .set("role", "full")
                                    .set("label",
                                         "\xe2\x80\xae"
                                         "x")));
}

TEST(RemoteCommands, WhoAsksIsShownAndNeverMore) {
    EXPECT_EQ(actorOf("alice (token ci)"), "alice (token ci)");
    EXPECT_EQ(actorOf("a\x1b[2J").find('\x1b'), std::string::npos);
    EXPECT_LE(actorOf(std::string(10'000, 'x')).size(), 128U * 4);
}

}  // namespace
}  // namespace pcg::gateway::remote
