// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/rest/audit_turns.h"

#include <gtest/gtest.h>

#include <vector>

namespace pcg::controlplane::rest {
namespace {

const auto kAcme = wire::TenantId::unchecked("tn_acme");
const auto kUmbra = wire::TenantId::unchecked("tn_umbra");

class TurnsAtTheAudit : public ::testing::Test {
  protected:
    struct Asked {
        std::unique_ptr<AuditTurns::Turn> turn;
        int status = 0;  // of a refusal
    };

    static net::Task<void> takeFrom(AuditTurns& turns, wire::TenantId tenant, Asked& asked) {
        auto turn = co_await turns.take(std::move(tenant));
        if (turn)
            asked.turn = std::make_unique<AuditTurns::Turn>(std::move(*turn));
        else
            asked.status = turn.error().status;
    }

    void ask(AuditTurns& turns, const wire::TenantId& tenant, Asked& asked) {
        net::asio::co_spawn(loop_, takeFrom(turns, tenant, asked), net::asio::detached);
        settle();
    }

    void settle() {
        loop_.restart();
        loop_.poll();
    }

    net::Loop loop_;
};

TEST_F(TurnsAtTheAudit, ComeOneAfterTheOtherWithinATenant) {
    AuditTurns turns(1);
    Asked first;
    Asked second;
    ask(turns, kAcme, first);
    ask(turns, kAcme, second);
    EXPECT_TRUE(first.turn);
    EXPECT_FALSE(second.turn);

    first.turn.reset();
    settle();

    EXPECT_TRUE(second.turn);
}

TEST_F(TurnsAtTheAudit, DoNotHoldUpAnotherTenant) {
    AuditTurns turns(1);
    Asked mine;
    Asked theirs;
    ask(turns, kAcme, mine);
    ask(turns, kUmbra, theirs);

    EXPECT_TRUE(mine.turn);
    EXPECT_TRUE(theirs.turn);
}

TEST_F(TurnsAtTheAudit, AreRefusedWhenTooManyWait) {
    AuditTurns turns(1);
    Asked first;
    Asked second;
    Asked third;
    ask(turns, kAcme, first);
    ask(turns, kAcme, second);
    ask(turns, kAcme, third);
    EXPECT_EQ(third.status, 429);

    first.turn.reset();
    settle();
    second.turn.reset();
    ask(turns, kAcme, third);
    EXPECT_TRUE(third.turn);
}

}  // namespace
}  // namespace pcg::controlplane::rest
