// SPDX-License-Identifier: Apache-2.0
// The provider with a scripted MAAS behind it.
#pragma once

#include "controlplane-sim/maas/maas_cloud.h"
#include "test/support/fake_clock.h"
#include "test/support/seeded_random.h"

#include <gtest/gtest.h>

#include "scripted_maas.h"

namespace pcg::controlplane::maas {

class MaasProvider : public ::testing::Test {
  protected:
    Client client() {
        return Client(
            {maas_, oauth::ApiKey{"pcg", "ak_1", Secret::fromText("secret")}, clock_, random_});
    }

    template <class T>
    T run(net::Task<T> task) {
        std::optional<T> outcome;
        net::asio::co_spawn(loop_, keep(std::move(task), outcome), net::asio::detached);
        loop_.restart();
        loop_.run();
        return std::move(*outcome);
    }

    template <class T>
    static net::Task<void> keep(net::Task<T> task, std::optional<T>& outcome) {
        outcome = co_await std::move(task);
    }

    net::Loop loop_{1};
    test::FakeClock clock_;
    test::SeededRandom random_;
    std::shared_ptr<ScriptedMaas> maas_ = std::make_shared<ScriptedMaas>();
};

}  // namespace pcg::controlplane::maas
