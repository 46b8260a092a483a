// SPDX-License-Identifier: Apache-2.0
// A gateway's enrolment over a store in memory and a control plane in memory; boot() is another
// process of it.
#pragma once

#include "common/crypto/random.h"
#include "gateway/enrollment/enrollment.h"
#include "gateway/enrollment/papers.h"
#include "gateway/enrollment/renewal.h"
#include "test/support/log_capture.h"
#include "test/unit/gateway/enrollment/fake_control_plane.h"

#include <gtest/gtest.h>

namespace pcg::gateway::test {

using namespace std::chrono_literals;

class MemoryStore final : public EnrollmentStore {
  public:
    net::Task<Result<std::optional<Secret>>> load() override {
        std::optional<Secret> copy;
        if (document) copy.emplace(document->clone());
        co_return copy;
    }

    net::Task<Result<>> save(Secret fresh) override {
        if (busy != nullptr) co_await busy->async_wait(net::kAwaitTuple);
        if (failing) co_return fail(kControlPlane, "the disk is full");
        document.emplace(std::move(fresh));
        ++saves;
        co_return Result<>();
    }

    std::optional<Secret> document;
    int saves = 0;
    bool failing = false;
    net::Timer* busy = nullptr;  // nothing is saved before it is cancelled
};

inline net::Task<Result<crypto::Scalar>> stretchHere(pairing::PairingCode code, pairing::Sid sid) {
    co_return pairing::passwordScalar(code, sid);
}

// The time of the machine, moved by the test.
class MovedClock final : public Clock {
  public:
    SteadyTime now() const override { return system_.now(); }

    WallTime wallNow() const override { return system_.wallNow() + moved; }

    std::chrono::seconds moved{0};

  private:
    SystemClock system_;
};

class EnrollmentTest : public ::testing::Test {
  protected:
    void SetUp() override { boot(); }

    void TearDown() override {
        enrollment->stop();
        until([this] { return finished; });
    }

    // A process of the gateway: what survives is the store.
    void boot() {
        if (enrollment) {
            enrollment->stop();
            until([this] { return finished; });
        }
        EnrollmentPorts ports{store, clock, random, plane, {}, stretchHere, {}};
        ports.authenticated = [this](const std::string&,
                                     Secret) -> Result<std::shared_ptr<http::Caller>> {
            return plane;
        };
        ports.onStatus = [this](const PairingStatus& status) { history.push_back(status); };
        enrollment = std::make_unique<Enrollment>(
            std::move(ports), EnrollmentFacts{"gw.example", "0.1.0", expectedTenant, std::nullopt});
        finished = false;
        result = Result<>();
        net::asio::co_spawn(loop, run(), net::asio::detached);
    }

    net::Task<void> run() {
        result = co_await enrollment->load();
        if (result) result = co_await enrollment->untilProvisioned();
        finished = true;
    }

    template <class Predicate>
    bool until(Predicate predicate) {
        const auto giveUp = std::chrono::steady_clock::now() + 20s;
        while (!predicate()) {
            if (std::chrono::steady_clock::now() > giveUp) return false;
            loop.restart();
            loop.run_one_for(20ms);
        }
        return true;
    }

    bool untilState(PairingState state) {
        return until([&] { return enrollment->status().state == state; });
    }

    pairing::PairingCode shownCode() {
        return get(pairing::PairingCode::parse(enrollment->status().code));
    }

    // Up to the question on the console.
    bool pairUntilConfirm() {
        if (!untilState(PairingState::Offered)) return false;
        plane->claim(shownCode());
        return untilState(PairingState::Confirm) && until([this] { return !plane->sas.empty(); });
    }

    bool pairUntilProvisioned() {
        if (!pairUntilConfirm() || !enrollment->decide(true)) return false;
        plane->approve();
        return until([this] { return finished; }) && enrollment->record().provisioned;
    }

    static net::Task<void> renewOnce(Enrollment& subject, Result<>& out, bool& done) {
        out = co_await subject.renew();
        done = true;
    }

    Result<> renew() {
        finished = false;
        net::asio::co_spawn(loop, renewOnce(*enrollment, result, finished), net::asio::detached);
        EXPECT_TRUE(until([this] { return finished; }));
        return result;
    }

    // After a restart of the process: what was stored.
    EnrollmentRecord stored() const { return get(EnrollmentRecord::parse(*store.document)); }

    pcg::test::LogCapture log;
    net::Loop loop{1};
    MovedClock clock;
    crypto::SystemRandom random;
    MemoryStore store;
    std::shared_ptr<FakeControlPlane> plane = std::make_shared<FakeControlPlane>(clock, random);
    std::string expectedTenant;
    std::unique_ptr<Enrollment> enrollment;
    std::vector<PairingStatus> history;
    Result<> result;
    bool finished = false;
};

}  // namespace pcg::gateway::test
