// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/endpoint/maas/rules.h"
#include "vcenter-proxy/endpoint/maas/state.h"

#include <gtest/gtest.h>

namespace pcg::proxy::maas {
namespace {

Answer judged(Role role,
              const char* method,
              const char* below,
              const char* op = "",
              const oauth::Parameters& parameters = {}) {
    return judge(role, {method, below, op}, parameters);
}

TEST(MaasRules, ToLookIsForEverybodyButNotAtSecrets) {
    EXPECT_EQ(judged(Role::Inventory, "GET", "machines/"), Answer::Allowed);
    EXPECT_EQ(judged(Role::Inventory, "HEAD", "machines/x/"), Answer::Allowed);
    EXPECT_EQ(judged(Role::Inventory, "GET", "users/", "whoami"), Answer::Allowed);
    for (const auto* op : {"power_parameters", "get_token", "get_curtin_config"}) {
        EXPECT_EQ(judged(Role::Deploy, "GET", "machines/x/", op), Answer::Denied) << op;
        EXPECT_EQ(judged(Role::Full, "GET", "machines/x/", op), Answer::Allowed) << op;
    }
    EXPECT_EQ(judged(Role::Deploy, "GET", "vm-hosts/1/", "parameters"), Answer::Denied);
}

TEST(MaasRules, DeployingIsForThoseWhoDeploy) {
    EXPECT_EQ(judged(Role::Inventory, "POST", "machines/", "allocate"), Answer::Denied);
    EXPECT_EQ(judged(Role::Deploy, "POST", "machines/", "allocate"), Answer::Allowed);
    EXPECT_EQ(judged(Role::Deploy, "POST", "machines/x/", "deploy"), Answer::Allowed);
    EXPECT_EQ(judged(Role::Deploy, "POST", "tags/t/", "update_nodes"), Answer::Allowed);
    EXPECT_EQ(judged(Role::Deploy, "PUT", "boot-resources/7/upload/9/"), Answer::Allowed);
    EXPECT_EQ(judged(Role::Deploy, "POST", "users/"), Answer::Denied);
    EXPECT_EQ(judged(Role::Deploy, "DELETE", "machines/x/"), Answer::Denied);
    EXPECT_EQ(judged(Role::Full, "DELETE", "machines/x/"), Answer::Allowed);
}

TEST(MaasRules, WhoDeploysMayNotPointAMachinesPowerElsewhere) {
    EXPECT_EQ(judged(Role::Deploy, "PUT", "machines/x/", "", {{"swap_size", "0"}}),
              Answer::Allowed);
    EXPECT_EQ(
        judged(Role::Deploy, "PUT", "machines/x/", "", {{"power_parameters_power_address", "x"}}),
        Answer::Denied);
    EXPECT_EQ(judged(Role::Full, "PUT", "machines/x/", "", {{"power_type", "ipmi"}}),
              Answer::Allowed);
}

TEST(MaasRules, NobodyGetsCredentialsOfMaass) {
    for (const auto* op : {"create_authorisation_token", "list_authorisation_tokens"}) {
        EXPECT_EQ(judged(Role::Full, "POST", "account/", op), Answer::Denied);
        EXPECT_EQ(judged(Role::Full, "GET", "account/", op), Answer::Denied);
    }
}

TEST(MaasRules, WhatIsNotNamedIsNotThere) {
    EXPECT_EQ(judged(Role::Full, "GET", "machines"), Answer::NoSuchPath);
    EXPECT_EQ(judged(Role::Full, "GET", "machines/x/y/z/"), Answer::NoSuchPath);
    EXPECT_EQ(judged(Role::Full, "GET", "machines//"), Answer::NoSuchPath);
    EXPECT_EQ(judged(Role::Full, "GET", "newthing/"), Answer::NoSuchPath);
    EXPECT_EQ(judged(Role::Full, "PATCH", "machines/"), Answer::NoSuchMethod);
    EXPECT_EQ(judged(Role::Full, "POST", "machines/", "nosuch"), Answer::NoSuchOperation);
    EXPECT_EQ(methodsAt("machines/"), "GET, POST");
}

TEST(MaasRules, EveryRowIsWellFormed) {
    for (const auto& rule : rules()) {
        EXPECT_FALSE(rule.path.starts_with("/"));
        EXPECT_FALSE(rule.ops.empty());
        EXPECT_EQ(rule.ops.find("  "), std::string_view::npos) << rule.path;
    }
}

TEST(MaasState, ANonceIsTakenOnceUntilItsTimeIsOver) {
    Nonces nonces;
    EXPECT_EQ(nonces.take("k1", "n", 400, 100), Nonces::Taken::Fresh);
    EXPECT_EQ(nonces.take("k1", "n", 400, 100), Nonces::Taken::Used);
    EXPECT_EQ(nonces.take("k2", "n", 400, 100), Nonces::Taken::Fresh) << "of another key";
    EXPECT_EQ(nonces.take("k1", "n", 700, 400), Nonces::Taken::Used) << "still good";
    EXPECT_EQ(nonces.take("k1", "n", 800, 401), Nonces::Taken::Fresh) << "it would be too old now";
    EXPECT_EQ(nonces.size(), 1u);
}

net::Task<void> take(Turnstile& turnstile, int& inside, int& refused) {
    const bool entered = co_await turnstile.enter(std::chrono::hours(1));
    entered ? ++inside : ++refused;
}

TEST(MaasState, OnlySoManyAreInsideAndTheOthersWaitInLine) {
    net::Loop loop;
    Turnstile turnstile(kRequestsAtOnce);
    int inside = 0;
    int refused = 0;
    const std::size_t all = kRequestsAtOnce + Turnstile::kMostWaiting + 1;
    for (std::size_t i = 0; i < all; ++i) {
        net::asio::co_spawn(loop, take(turnstile, inside, refused), net::asio::detached);
    }
    while (loop.poll() > 0) {
    }
    EXPECT_EQ(inside, static_cast<int>(kRequestsAtOnce));
    EXPECT_EQ(refused, 1) << "the line is full";

    turnstile.leave();
    while (loop.poll() > 0) {
    }
    EXPECT_EQ(inside, static_cast<int>(kRequestsAtOnce) + 1);
}

}  // namespace
}  // namespace pcg::proxy::maas
