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

}  // namespace
}  // namespace pcg::controlplane::tenantdata
