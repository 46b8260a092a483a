// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/observe/gateway_watch.h"

#include "test/support/fake_clock.h"
#include "test/unit/tenantdata/fixture.h"

#include <gtest/gtest.h>

namespace pcg::controlplane::tenantdata {
namespace {

class KeptAudit final : public AuditSink {
  public:
    void record(const wire::TenantId&, AuditEvent event) override {
        rows.push_back(std::move(event));
    }

    std::vector<AuditEvent> rows;
};

class Watched : public TenantData {
  protected:
    Watched()
        : scope_(tenant("acme")),
          gateway_(gateway(scope_, "dc1")),
          store_(std::make_unique<store::Worker>(std::move(database_))) {}

    void changes(std::size_t count) {
        std::vector<EndpointChange> changes;
        for (std::size_t i = 0; i < count; ++i) {
            changes.push_back({EndpointChange::Kind::Appeared,
                               wire::newId<wire::EndpointId>(random_),
                               "vc" + std::to_string(i),
                               "ok",
                               {}});
        }
        watch_.endpointsChanged(scope_.tenant(), gateway_, changes);
        loop_.restart();
        loop_.run_for(std::chrono::seconds(20));
    }

    void heads(std::uint64_t events, char digest) {
        watch_.auditHeads(
            scope_.tenant(),
            gateway_,
            {{"events", events, std::string(64, digest)}, {"calls", 0, std::string(64, '0')}});
        loop_.restart();
        loop_.run_for(std::chrono::seconds(20));
    }

    std::vector<WitnessedHead> witnessed() {
        std::vector<WitnessedHead> found;
        const auto look = [this](store::Database& database) {
            return AuditWitness(database).list(scope_, gateway_, std::nullopt, 100);
        };
        net::asio::co_spawn(
            loop_,
            [&]() -> net::Task<void> { found = *(co_await store_->run(look)); },
            net::asio::detached);
        loop_.restart();
        loop_.run_for(std::chrono::seconds(20));
        return found;
    }

    TenantScope scope_;
    wire::GatewayId gateway_;
    net::Loop loop_;
    test::FakeClock clock_;
    KeptAudit audit_;
    EventHub hub_{loop_.get_executor(), {2, 3}};
    std::unique_ptr<store::Worker> store_;
    GatewayWatch watch_{{loop_, *store_, clock_, authority_, audit_, hub_}};
};

TEST_F(Watched, TellsOfAFewEndpointsOneByOne) {
    changes(3);

    ASSERT_EQ(audit_.rows.size(), 3U);
    EXPECT_EQ(audit_.rows[0].action, "endpoint.report");
    EXPECT_EQ(audit_.rows[0].actor.name, "dc1");
    EXPECT_EQ(audit_.rows[2].target.name, "vc2");
}

TEST_F(Watched, TellsOfVeryManyByNumber) {
    for (int i = 0; i < 50; ++i) changes(512);

    EXPECT_EQ(audit_.rows.size(), 64U + 4U);
    EXPECT_NE(audit_.rows[64].detail.find("448 more endpoints changed"), std::string::npos)
        << audit_.rows[64].detail;
}

TEST_F(Watched, KeepsHowFarAnAuditWentOncePerHour) {
    for (std::uint64_t place = 1; place <= 90; ++place) {
        heads(place, 'a');
        clock_.advance(std::chrono::minutes(2));
    }
    heads(90, 'a');  // said again

    const auto kept = witnessed();

    EXPECT_TRUE(audit_.rows.empty());
    ASSERT_EQ(kept.size(), 4U);
    EXPECT_EQ(kept.front().head.place, 90U);
    EXPECT_EQ(kept.back().head.place, 1U);
}

TEST_F(Watched, SaysThatAnAuditGoesBackwards) {
    heads(9, 'a');
    heads(8, 'b');

    ASSERT_EQ(audit_.rows.size(), 1U);
    EXPECT_EQ(audit_.rows[0].action, "gateway.audit_contradiction");
    EXPECT_NE(audit_.rows[0].detail.find("had come to line 9 of its events, and now ends at 8"),
              std::string::npos)
        << audit_.rows[0].detail;
    heads(9, 'b');
    EXPECT_EQ(audit_.rows.size(), 1U);
    EXPECT_EQ(witnessed().back().head.digest, std::string(64, 'a'));  // what was there first stays
}

TEST_F(Watched, SaysThatAnAuditWasWrittenAnew) {
    heads(9, 'a');
    heads(9, 'b');

    ASSERT_EQ(audit_.rows.size(), 1U);
    EXPECT_NE(audit_.rows[0].detail.find("was written anew"), std::string::npos);
}

TEST_F(Watched, KeepsNothingOfAGatewayOfSomebodyElse) {
    watch_.auditHeads(
        wire::newId<wire::TenantId>(random_), gateway_, {{"events", 3, std::string(64, 'a')}});
    loop_.run_for(std::chrono::seconds(20));
    EXPECT_TRUE(witnessed().empty());
}

}  // namespace
}  // namespace pcg::controlplane::tenantdata
