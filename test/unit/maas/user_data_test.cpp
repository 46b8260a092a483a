// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/maas/user_data.h"

#include "common/codec/base64.h"

#include <gtest/gtest.h>

namespace pcg::controlplane::maas {
namespace {

const std::vector<std::string> kKeys{"ssh-ed25519 AAAA me: \"here\""};

std::string told(const std::string& text, const std::vector<std::string>& keys) {
    return std::string(userDataOf(Secret::fromText(text), keys).revealText());
}

TEST(MaasUserData, WhatStandsAloneStaysAsItIs) {
    EXPECT_EQ(told("#!/bin/sh\ntrue\n", {}), "#!/bin/sh\ntrue\n");
    EXPECT_EQ(told("", {}), "");
    EXPECT_EQ(told("", kKeys),
              "#cloud-config\nssh_authorized_keys:\n  - \"ssh-ed25519 AAAA me: \\\"here\\\"\"\n");
}

TEST(MaasUserData, KeysAreAddedToTheTextAsPartsOfAMessage) {
    const std::string text =
        "#cloud-config\nssh_authorized_keys: [theirs]\n" + std::string(99, '#');

    const auto message = told(text, kKeys);

    EXPECT_TRUE(message.starts_with("MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="));
    const auto first = message.find("base64\n\n") + 8;
    std::string encoded = message.substr(first, message.find("\n--", first) - first);
    EXPECT_LE(encoded.find('\n'), 76U);
    std::erase(encoded, '\n');
    EXPECT_EQ(asText(*codec::base64Decode(encoded)), text);
    EXPECT_NE(message.find("\nMerge-Type: list(append)+"), std::string::npos);
    EXPECT_TRUE(message.ends_with("--=_pcg-user-data--\n"));
}

TEST(MaasUserData, AMessageIsOnePartOfTheNewOne) {
    const auto message =
        told("Content-Type: multipart/mixed; boundary=\"b\"\n\n--b\n\nx\n--b--\n", kKeys);

    EXPECT_NE(
        message.find("--=_pcg-user-data\nContent-Type: multipart/mixed; boundary=\"b\"\n\n--b"),
        std::string::npos);
}

}  // namespace
}  // namespace pcg::controlplane::maas
