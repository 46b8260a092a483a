// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/external_identity.h"

#include "controlplane-sim/pki/pki.h"
#include "test/support/temp_dir.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>

namespace pcg::controlplane {
namespace {

const WallTime kNow = fromUnixMilliseconds(1'795'290'321'000);

class ExternalIdentity : public ::testing::Test {
  protected:
    ExternalIdentity() {
        auto pki = Pki::open({[this](const std::string& name) -> Result<std::optional<Secret>> {
                                  const auto found = kept_.find(name);
                                  if (found == kept_.end()) return std::nullopt;
                                  return std::optional<Secret>(Secret(found->second));
                              },
                              [this](const std::string& name, const Secret& value) -> Result<> {
                                  kept_[name] = toBytes(value.reveal());
                                  return {};
                              }},
                             kNow);
        EXPECT_TRUE(pki);
        write("a", *pki->serverIdentity({"portal.example", "*.wild.example"}, {}, kNow));
        write("b", *pki->serverIdentity({"portal.example"}, {}, kNow));
    }

    void write(const std::string& name, const net::CertificateAndKey& identity) {
        std::ofstream(file(name + ".pem")) << identity.chainPem;
        std::ofstream(file(name + ".key")) << identity.keyPem.revealText();
    }

    std::filesystem::path file(const std::string& name) const { return dir_.path() / name; }

    std::string whyNot(const std::string& certificate,
                       const std::string& key,
                       const std::string& name = "portal.example",
                       WallTime now = kNow) {
        const auto loaded = externalIdentity(file(certificate), file(key), name, now);
        return loaded ? "" : loaded.error().message();
    }

    test::TempDir dir_;
    std::map<std::string, Bytes> kept_;
};

TEST_F(ExternalIdentity, TakesACertificateForTheNameWithItsKey) {
    EXPECT_EQ(whyNot("a.pem", "a.key"), "");
    EXPECT_EQ(whyNot("a.pem", "a.key", "one.wild.example"), "");
}

TEST_F(ExternalIdentity, SaysThatKeyAndCertificateDoNotBelongTogether) {
    const auto why = whyNot("a.pem", "b.key");
    EXPECT_NE(why.find("does not belong to the certificate"), std::string::npos) << why;
    EXPECT_NE(why.find("b.key"), std::string::npos) << why;
}

TEST_F(ExternalIdentity, SaysWhenItExpiredOrIsNotValidYet) {
    const auto late = kNow + std::chrono::hours(24 * 365 * 30);
    EXPECT_NE(whyNot("a.pem", "a.key", "portal.example", late).find("expired at"),
              std::string::npos);
    const auto early = kNow - std::chrono::hours(24 * 30);
    EXPECT_NE(whyNot("a.pem", "a.key", "portal.example", early).find("valid only from"),
              std::string::npos);
}

TEST_F(ExternalIdentity, SaysWhichNameItIsForInstead) {
    for (const auto* name : {"other.example", "two.levels.wild.example", "wild.example"}) {
        const auto why = whyNot("a.pem", "a.key", name);
        EXPECT_NE(why.find("portal.example"), std::string::npos) << name << ": " << why;
    }
}

TEST_F(ExternalIdentity, SaysWhichFileCannotBeRead) {
    std::ofstream(file("text.pem")) << "hello";

    EXPECT_NE(whyNot("none.pem", "a.key").find("none.pem"), std::string::npos);
    EXPECT_NE(whyNot("a.pem", "none.key").find("none.key"), std::string::npos);
    EXPECT_NE(whyNot("text.pem", "a.key").find("text.pem"), std::string::npos);
}

}  // namespace
}  // namespace pcg::controlplane
