// SPDX-License-Identifier: Apache-2.0
#include "common/bus/nats_info.h"

#include "common/bus/errc.h"

#include <gtest/gtest.h>

namespace pcg::bus {
namespace {

// As nats-server 2.9.10 with operator and TLS greets.
constexpr const char* kGreeting =
    R"(INFO {"server_id":"NDPX","server_name":"NDPX","version":"2.9.10","proto":1,"go":"go1.19.4","host":"127.0.0.1",)"
    R"("port":4222,"headers":true,"auth_required":true,"tls_required":true,"max_payload":1048576,"client_id":5,)"
    R"("client_ip":"127.0.0.1","nonce":"iKLVKnDLHvMYEQE","connect_urls":["10.0.0.9:4222"]} )";

TEST(NatsInfo, ReadsTheGreetingOfNatsServer) {
    const auto info = parseServerInfo(kGreeting);
    ASSERT_TRUE(info) << info.error().message();
    EXPECT_EQ(info->version, "2.9.10");
    EXPECT_EQ(info->nonce, "iKLVKnDLHvMYEQE");
    EXPECT_EQ(info->maxPayload, 1'048'576);
    EXPECT_TRUE(info->headers && info->authRequired && info->tlsOffered);
}

TEST(NatsInfo, TellsCnatsNothingOfTlsOrOtherServers) {
    const std::string greeting = greetingForCnats(*parseServerInfo(kGreeting));
    EXPECT_TRUE(greeting.starts_with("INFO {") && greeting.ends_with("}\r\n"));
    EXPECT_NE(greeting.find("iKLVKnDLHvMYEQE"), std::string::npos);
    EXPECT_NE(greeting.find("\"headers\":true"), std::string::npos);
    for (const char* gone : {"tls_", "connect_urls", "10.0.0.9", "client_ip"}) {
        EXPECT_EQ(greeting.find(gone), std::string::npos) << gone;
    }
    EXPECT_EQ(greeting.find("\r\n"), greeting.size() - 2);
}

TEST(NatsInfo, RefusesWhatIsNoGreeting) {
    for (const char* bad : {"",
                            "INFO",
                            "INFO ",
                            "INFO []",
                            "INFO {",
                            "SSH-2.0-OpenSSH",
                            "INFO {}",
                            R"(INFO {"server_id":"A","version":"2","max_payload":0})",
                            R"(INFO {"server_id":"A","version":"2","max_payload":-1})",
                            R"(INFO {"server_id":"A","version":"2","max_payload":99999999999})",
                            R"(INFO {"server_id":7,"version":"2","max_payload":1})"}) {
        const auto info = parseServerInfo(bad);
        ASSERT_FALSE(info) << bad;
        EXPECT_EQ(info.error().code(), kProtocol) << bad;
    }
}

TEST(NatsInfo, CannotBeMadeToInjectALine) {
    const auto info = parseServerInfo(
        R"(INFO {"server_id":"A\r\nPUB x 0\r\n","version":"2","max_payload":1,"nonce":"\r\nMSG"})");
    if (!info) return;
    const std::string greeting = greetingForCnats(*info);
    EXPECT_EQ(greeting.find("\r\n"), greeting.size() - 2);
}

}  // namespace
}  // namespace pcg::bus
