// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/audit/audit_codec.h"
#include "controlplane-sim/audit/audit_recorder.h"
#include "controlplane-sim/tenancy/key_rotation.h"
#include "test/support/fake_clock.h"
#include "test/unit/tenantdata/fixture.h"

namespace pcg::controlplane::tenantdata {
namespace {

AuditEvent event(const std::string& actor, const std::string& action, const std::string& detail) {
    AuditEvent made;
    made.at = kNow;
    made.actor = {ActorKind::User, actor};
    made.action = action;
    made.target = {"gateway", "gw_1", "dc one"};
    made.durationMs = 12;
    made.bytesUp = 5;
    made.bytesDown = 7;
    made.detail = detail;
    return made;
}

class Audit : public TenantData {
  protected:
    void append(const std::vector<AuditEvent>& events) {
        ASSERT_TRUE(TenantVault(*database_, acme_).prepare());
        const auto done = store::transact(
            *database_, [&] { return AuditStore(*database_).append(acme_, events); });
        ASSERT_TRUE(done) << done.error().message();
    }

    // Every page, as a client would follow the cursor.
    std::vector<AuditRow> all(const AuditFilter& filter, std::size_t limit = 50) {
        std::vector<AuditRow> rows;
        std::optional<std::uint64_t> before;
        for (int pages = 0; pages < 1000; ++pages) {
            auto page = AuditStore(*database_).page(acme_, filter, before, limit);
            EXPECT_TRUE(page) << page.error().message();
            if (!page) break;
            EXPECT_LE(page->rows.size(), limit);
            rows.insert(rows.end(), page->rows.begin(), page->rows.end());
            if (!page->next) break;
            before = page->next;
        }
        return rows;
    }

    // 10,000 rows in batches of different sizes; every tenth by bob, every hundredth refused.
    void appendMany() {
        std::vector<AuditEvent> batch;
        for (int i = 0; i < 10'000; ++i) {
            auto one = event(i % 10 == 0 ? "bob" : "alice",
                             i % 3 == 0 ? "proxy.call" : "gateway.check",
                             "row number" + std::to_string(i));
            one.at = kNow + std::chrono::seconds(i);
            if (i % 100 == 0) one.outcome = AuditOutcome::Refused;
            batch.push_back(std::move(one));
            if (batch.size() == static_cast<std::size_t>(1 + i % 700)) {
                append(batch);
                batch.clear();
            }
        }
        append(batch);
    }

    TenantScope acme_ = tenant("acme");
};

TEST_F(Audit, ARowComesBackAsItWasWritten) {
    auto wanted = event("alice", "gateway.pair", "a b");
    wanted.outcome = AuditOutcome::Unknown;
    append({wanted});

    const auto rows = all({});

    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0].seq, 1U);
    EXPECT_EQ(encodeRows(std::vector{rows[0].event}), encodeRows(std::vector{wanted}));
}

TEST_F(Audit, NumbersRowsWithoutGapsAndShowsTheNewestFirst) {
    appendMany();

    const auto rows = all({}, 97);

    ASSERT_EQ(rows.size(), 10'000U);
    for (std::size_t i = 0; i < rows.size(); ++i) ASSERT_EQ(rows[i].seq, 10'000U - i);
}

TEST_F(Audit, OnePageReadsABoundedPart) {
    appendMany();

    const auto page = AuditStore(*database_).page(acme_, {}, std::nullopt, 10'000);

    ASSERT_TRUE(page);
    EXPECT_LE(page->rows.size(), 100U * kAuditGroupRows);
    EXPECT_EQ(page->next, page->rows.back().seq);
}

TEST_F(Audit, FiltersByEachFieldAndByAllOfThem) {
    appendMany();
    const auto count = [&](auto change) {
        AuditFilter filter;
        change(filter);
        return all(filter, 200).size();
    };

    EXPECT_EQ(count([](auto& f) { f.actor = "bob"; }), 1000U);
    EXPECT_EQ(count([](auto& f) { f.action = "proxy.call"; }), 3334U);
    EXPECT_EQ(count([](auto& f) { f.outcome = AuditOutcome::Refused; }), 100U);
    EXPECT_EQ(count([](auto& f) { f.target = "gw_1"; }), 10'000U);
    EXPECT_EQ(count([](auto& f) { f.target = "dc one"; }), 10'000U);
    EXPECT_EQ(count([](auto& f) { f.target = "gw_2"; }), 0U);
    EXPECT_EQ(count([](auto& f) { f.actor = "b"; }), 0U);
    EXPECT_EQ(count([](auto& f) {
                  f.actor = "bob";
                  f.action = "proxy.call";
                  f.outcome = AuditOutcome::Refused;
              }),
              34U);
    EXPECT_EQ(count([](auto& f) {
                  f.from = kNow + std::chrono::seconds(100);
                  f.to = kNow + std::chrono::seconds(200);
                  f.actor = "bob";
              }),
              10U);
    EXPECT_EQ(count([](auto& f) { f.from = kNow + std::chrono::seconds(9'990); }), 10U);
}

TEST_F(Audit, FindsAWordWhereverItStandsAndInWhateverCase) {
    appendMany();
    AuditFilter filter;
    filter.words = wordsOf("Number4711 ROW", 8);

    const auto rows = all(filter);

    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0].seq, 4712U);
    filter.words = wordsOf("number4711 number4712", 8);
    EXPECT_TRUE(all(filter).empty());
}

TEST_F(Audit, AnotherTenantSeesNothingOfIt) {
    append({event("alice", "x", "y")});
    const auto umbra = tenant("umbra");
    ASSERT_TRUE(TenantVault(*database_, umbra).prepare());

    EXPECT_TRUE(AuditStore(*database_).page(umbra, {}, std::nullopt, 10)->rows.empty());
}

TEST_F(Audit, ForgetsByAgeToTheGroupAndByNumberToTheBlock) {
    appendMany();
    AuditStore store(*database_);
    const auto now = kNow + std::chrono::hours(24 * 10) + std::chrono::seconds(5'000);
    const auto run = [&](const AuditRetention& keep) {
        int steps = 0;
        while (*store.retain(acme_, keep, now)) ++steps;
        return steps;
    };

    EXPECT_EQ(run({std::chrono::days(20), 1'000'000}), 0);
    EXPECT_EQ(*store.count(acme_), 10'000U);
    EXPECT_EQ(run({std::chrono::days(10), 1'000'000}), 1);
    EXPECT_LE(*store.count(acme_), 5'000U + kAuditGroupRows);
    EXPECT_GE(*store.count(acme_), 5'000U);
    EXPECT_EQ(run({std::chrono::days(20), 1'000, 0}), 1);
    EXPECT_LE(*store.count(acme_), kAuditBlockRows);

    const auto left = all({}, 200);
    EXPECT_EQ(left.size(), *store.count(acme_));
    EXPECT_EQ(left.front().seq, 10'000U);
}

TEST_F(Audit, TrafficLeavesBeforeWhatSomebodyDecided) {
    appendMany();
    AuditStore store(*database_);
    const AuditRetention keep{std::chrono::days(400), 1'000};
    int steps = 0;
    while (*store.retain(acme_, keep, kNow)) ++steps;
    const auto count = [&](const std::string& action, const std::string& words) {
        AuditFilter filter;
        filter.action = action;
        filter.words = wordsOf(words, 8);
        return all(filter, 200).size();
    };

    EXPECT_EQ(steps, 2);
    EXPECT_EQ(count("gateway.check", ""), 6'666U);
    EXPECT_EQ(count("proxy.call", ""), 603U);  // of the block that is not full
    EXPECT_EQ(count("", "number4"), 1U);
    EXPECT_EQ(count("", "number3"), 0U);
    const auto rows = all({}, 97);
    EXPECT_EQ(rows.size(), 6'666U + 603U);
    EXPECT_TRUE(std::is_sorted(
        rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.seq > b.seq; }));

    while (*store.retain(acme_, {std::chrono::days(400), 1'000, 3'000}, kNow)) {
    }
    EXPECT_LE(*store.count(acme_), 3'000U + kAuditBlockRows);
}

TEST_F(Audit, NumbersGoOnAfterEverythingWasForgotten) {
    append({event("alice", "x", "y")});
    EXPECT_FALSE(*AuditStore(*database_)
                      .retain(acme_, {std::chrono::days(1), 10}, kNow + std::chrono::days(400)));
    ASSERT_TRUE(all({}).empty());

    append({event("alice", "x", "z")});

    EXPECT_EQ(all({}).front().seq, 2U);
}

TEST_F(Audit, IsFoundByTheSameWordsInTheMiddleOfARotation) {
    appendMany();
    KeyRotation rotation(*database_, acme_);
    ASSERT_TRUE(rotation.begin());
    append({event("bob", "proxy.call", "fresh")});
    AuditFilter filter;
    filter.actor = "bob";
    for (bool isOver = false; !isOver;) {
        EXPECT_EQ(all(filter, 200).size(), 1001U);
        const auto over = rotation.step();
        ASSERT_TRUE(over) << over.error().message();
        isOver = *over;
    }

    EXPECT_EQ(all(filter, 200).size(), 1001U);
    EXPECT_EQ(all({}, 200).size(), 10'001U);
}

TEST_F(Audit, RefusesOctetsThatItDidNotWrite) {
    const auto whole = encodeRows(std::vector{event("alice", "x", "y")});

    EXPECT_TRUE(decodeRows(whole));
    EXPECT_FALSE(decodeRows(""));
    EXPECT_FALSE(decodeRows("\x02"));
    for (std::size_t cut = 2; cut < whole.size(); ++cut)
        EXPECT_FALSE(decodeRows(std::string_view(whole).substr(0, cut))) << cut;
}

TEST(AuditText, IsCutAndFreedOfWhatCannotBeShown) {
    EXPECT_EQ(cleanText("a\nb\x1b[31m\x7f", 100), "a b [31m ");
    EXPECT_EQ(cleanText("a\u202eb", 100), "a b");
    EXPECT_EQ(cleanText(std::string(10'000, 'x'), 128).size(), 128U);
    EXPECT_EQ(cleanText("\xc3\xa9\xc3\xa9", 3), "\xc3\xa9");
    EXPECT_EQ(cleanText("\xff", 10), "\xef\xbf\xbd");
}

class Recorder : public TenantData {
  protected:
    Recorder() { ids_.push_back(tenant("acme")); }

    // Runs until the recorder has written everything and ended.
    void drain(AuditRecorder& recorder) {
        net::asio::co_spawn(loop_, recorder.stop(), net::asio::detached);
        loop_.run_for(std::chrono::seconds(20));
    }

    AuditRecorder::Parts parts() {
        return {loop_, *store_, clock_, authority_, [this](const wire::TenantId&) { ++written_; }};
    }

    void startStore() { store_ = std::make_unique<store::Worker>(std::move(database_)); }

    std::vector<AuditRow> rows() {
        store_->stop();
        store_.reset();
        database_ = test::openTenantDatabase(dir_.path(), random_);
        return AuditStore(*database_).page(ids_[0], {}, std::nullopt, 200)->rows;
    }

    net::Loop loop_;
    test::FakeClock clock_;
    std::unique_ptr<store::Worker> store_;
    std::vector<TenantScope> ids_;
    int written_ = 0;
};

TEST_F(Recorder, WritesWhatCameTogetherInOneTransactionAndTheRestWhenItStops) {
    startStore();
    AuditRecorder recorder(parts(), {});
    for (int i = 0; i < 100; ++i) recorder.record(ids_[0].tenant(), event("a", "b", "c"));
    recorder.start();
    drain(recorder);

    EXPECT_EQ(written_, 1);
    EXPECT_EQ(recorder.queued(), 0U);
    EXPECT_EQ(rows().size(), 100U);
}

TEST_F(Recorder, WhatIsDroppedIsCountedInARowOfItsOwn) {
    startStore();
    AuditRecorder::Options options;
    options.queuedPerTenant = 10;
    AuditRecorder recorder(parts(), options);
    for (int i = 0; i < 25; ++i) recorder.record(ids_[0].tenant(), event("a", "b", "c"));
    recorder.start();
    drain(recorder);

    const auto kept = rows();
    ASSERT_EQ(kept.size(), 11U);
    EXPECT_EQ(kept[0].event.action, "audit.dropped");
    EXPECT_EQ(kept[0].event.detail.substr(0, 3), "15 ");
    EXPECT_EQ(recorder.dropped(), 15U);
}

TEST_F(Recorder, ATenantThatIsGoneDoesNotHoldUpTheOthers) {
    startStore();
    AuditRecorder recorder(parts(), {});
    recorder.record(wire::newId<wire::TenantId>(random_), event("a", "b", "c"));
    recorder.record(ids_[0].tenant(), event("a", "b", "c"));
    recorder.start();
    drain(recorder);

    EXPECT_EQ(rows().size(), 1U);
}

}  // namespace
}  // namespace pcg::controlplane::tenantdata
