// SPDX-License-Identifier: Apache-2.0
#include "gateway/state/audit_chain.h"

#include "gateway/state/audit_trail.h"

#include "state_fixture.h"

namespace pcg::gateway {
namespace {

constexpr AuditLine kStarted{
    "2026-11-22T11:00:00.000Z", "gateway.started", R"({"version":"0.1.0"})"};
constexpr AuditLine kPaired{"2026-11-22T11:00:01.000Z", "pairing.state", R"({"state":"active"})"};

class AuditChainTest : public StateFixture {
  protected:
    AuditHead append(int lines, AuditKind kind = AuditKind::Event) {
        auto& database = storage().database;
        auto head = *auditHead(database, kind);
        for (int i = 0; i < lines; ++i) {
            const auto data = R"({"n":)" + std::to_string(head.place + 1) + "}";
            auto next = appendAudit(database, kind, head, {"now", "endpoint.added", data});
            EXPECT_TRUE(next);
            head = next.value_or(head);
        }
        return head;
    }

    AuditCheck checked(std::vector<KeptHead> kept = {}, std::size_t rows = 3) {
        AuditCheck check(std::move(kept));
        for (;;) {
            const auto more = check.step(storage().database, rows);
            EXPECT_TRUE(more) << more.error().message();
            if (!more || !*more) return check;
        }
    }

    void tamper(const std::string& sql) { ASSERT_TRUE(storage().database.execute(sql)) << sql; }

    std::string findingAfter(const std::string& sql, std::vector<KeptHead> kept = {}) {
        tamper(sql);
        return checked(std::move(kept)).chain(AuditKind::Event).finding;
    }
};

// Computed apart from this program, with Python's hashlib.
TEST_F(AuditChainTest, IsTheDigestThatTheDocumentSays) {
    const auto first = after(AuditHead{}, kStarted);
    const auto second = after(first, kPaired);

    EXPECT_EQ(first.place, 1U);
    EXPECT_EQ(toHex(first.chain),
              "144d9d273652d33950a85a378e4571238ce87e17cda96b4a3314dc13efd266da");
    EXPECT_EQ(toHex(second.chain),
              "61ee686ed4f71da9ecbc9869b5b755300adc15e9d46c3107ed50de9ecc92ff6a");
}

TEST_F(AuditChainTest, IsIntactAsItWasWritten) {
    const auto events = append(10);
    const auto calls = append(4, AuditKind::Call);

    const auto check = checked();

    EXPECT_TRUE(check.isIntact());
    EXPECT_EQ(check.chain(AuditKind::Event).head, events);
    EXPECT_EQ(check.chain(AuditKind::Event).first, 1U);
    EXPECT_EQ(check.chain(AuditKind::Call).head, calls);
}

TEST_F(AuditChainTest, IsIntactWhenThereIsNothingYet) { EXPECT_TRUE(checked().isIntact()); }

TEST_F(AuditChainTest, ShowsALineThatWasChanged) {
    append(5);
    EXPECT_EQ(findingAfter("UPDATE audit SET data = '{\"n\":9}' WHERE place = 3"),
              "Line 3 (now, endpoint.added) is not what was written.");
}

TEST_F(AuditChainTest, ShowsATimeThatWasMovedIntoTheNextColumn) {
    append(2);
    EXPECT_NE(findingAfter("UPDATE audit SET at = 'nowe', event = 'ndpoint.added' WHERE place = 2"),
              "");
}

TEST_F(AuditChainTest, ShowsLinesThatWereTakenOut) {
    append(7);
    EXPECT_EQ(findingAfter("DELETE FROM audit WHERE place IN (3, 4)"),
              "Of the chain, lines 3 to 4 are missing.");
}

TEST_F(AuditChainTest, ShowsLinesThatWerePutInAsIfTheyWereOld) {
    append(2);
    EXPECT_NE(findingAfter("INSERT INTO audit (at, event, data) VALUES ('then', 'x', '{}')"), "");
}

TEST_F(AuditChainTest, LeavesLinesOfAnEarlierVersionAlone) {
    tamper("INSERT INTO audit (at, event, data) VALUES ('then', 'x', '{}')");
    append(2);

    const auto check = checked();

    EXPECT_TRUE(check.isIntact());
    EXPECT_EQ(check.chain(AuditKind::Event).unchained, 1U);
}

// The database alone cannot tell, whoever can write it can compute the chain; a kept head can.
TEST_F(AuditChainTest, ShowsByAKeptHeadThatTheEndIsMissing) {
    const auto head = append(5);
    EXPECT_EQ(findingAfter("DELETE FROM audit WHERE place > 3"), "");
    EXPECT_EQ(checked({{AuditKind::Event, head}}).chain(AuditKind::Event).finding,
              "At its end lines 4 to 5 are missing: a head of line 5 was kept.");
}

TEST_F(AuditChainTest, ShowsByAKeptHeadThatItWasWrittenAnew) {
    append(2);
    const auto head = append(1);
    append(1);
    tamper("DELETE FROM audit WHERE place > 2");
    auto& database = storage().database;
    const auto begun = *auditHead(database, AuditKind::Event);
    ASSERT_TRUE(appendAudit(database, AuditKind::Event, begun, kPaired));
    append(1);

    EXPECT_TRUE(checked().isIntact());
    EXPECT_NE(checked({{AuditKind::Event, head}})
                  .chain(AuditKind::Event)
                  .finding.find("Up to line 3 it is not what it was"),
              std::string::npos);
}

TEST_F(AuditChainTest, CountsTheKeptHeadsThatFit) {
    std::vector<KeptHead> kept;
    for (int i = 0; i < 4; ++i) kept.push_back({AuditKind::Event, append(2)});
    std::swap(kept[0], kept[3]);

    const auto check = checked(kept);

    EXPECT_TRUE(check.isIntact());
    EXPECT_EQ(check.chain(AuditKind::Event).matched, 4U);
}

TEST_F(AuditChainTest, GoesOnFromWhereItWasCut) {
    const auto early = append(2);
    append(4);
    ASSERT_TRUE(cutAudit(storage().database, AuditKind::Event, 3));
    const auto head = append(1);

    const auto check = checked({{AuditKind::Event, early}, {AuditKind::Event, head}});

    EXPECT_TRUE(check.isIntact());
    EXPECT_EQ(check.chain(AuditKind::Event).first, 4U);
    EXPECT_EQ(check.chain(AuditKind::Event).head.place, 7U);
    EXPECT_EQ(check.chain(AuditKind::Event).tooOld, 1U);
    EXPECT_EQ(check.chain(AuditKind::Event).matched, 1U);
}

TEST_F(AuditChainTest, IsReadFromItsNewBeginningWhenItIsCutMeanwhile) {
    append(6);
    AuditCheck check({});
    ASSERT_TRUE(*check.step(storage().database, 2));
    ASSERT_TRUE(cutAudit(storage().database, AuditKind::Event, 2));

    while (*check.step(storage().database, 2)) {
    }

    EXPECT_TRUE(check.isIntact()) << check.chain(AuditKind::Event).finding;
    EXPECT_EQ(check.chain(AuditKind::Event).head.place, 6U);
}

TEST_F(AuditChainTest, GoesOnAfterEveryLineLeft) {
    const auto before = append(3);
    ASSERT_TRUE(cutAudit(storage().database, AuditKind::Event, 0));

    EXPECT_EQ(*auditHead(storage().database, AuditKind::Event), before);
    append(1);
    EXPECT_TRUE(checked().isIntact());
}

TEST(KeptHeads, AreReadAsBothProgramsWriteThem) {
    const std::string digest(64, 'a');
    const auto heads = parseKeptHeads("KIND    PLACE  DIGEST  AT\n\nevents 12 " + digest +
                                      " 2026-11-22T11:00:00Z\n# kept by hand\ncalls 7 " + digest);

    ASSERT_TRUE(heads) << heads.error().message();
    ASSERT_EQ(heads->size(), 2U);
    EXPECT_EQ(heads->at(0).kind, AuditKind::Event);
    EXPECT_EQ(heads->at(0).head.place, 12U);
    EXPECT_EQ(heads->at(1).kind, AuditKind::Call);
}

TEST(KeptHeads, SayWhichLineIsWrong) {
    const std::string digest(64, 'a');
    for (const auto& line : {std::string("events 1"),
                             "event 1 " + digest,
                             "events 0 " + digest,
                             "events 1x " + digest,
                             "events -1 " + digest,
                             "events 99999999999999999999 " + digest,
                             "events 1 " + digest + "00",
                             "events 1 " + std::string(64, 'g')}) {
        const auto heads = parseKeptHeads("\n" + line);
        ASSERT_FALSE(heads) << line;
        EXPECT_NE(heads.error().message().find("line 2"), std::string::npos) << line;
    }
}

}  // namespace
}  // namespace pcg::gateway
