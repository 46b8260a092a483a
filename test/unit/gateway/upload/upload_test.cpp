// SPDX-License-Identifier: Apache-2.0
// The thin parts around the plan, with a real disk and no sockets: the cache and its bounds, a
// fetch from a source that breaks, the journal, and keys that an upload uses without their secret.
#include "common/crypto/digest.h"
#include "common/http/errc.h"
#include "gateway/errc.h"
#include "gateway/state/access_keys.h"
#include "gateway/state/endpoints.h"
#include "gateway/state/proxy_state.h"
#include "gateway/state/upload_journal.h"
#include "gateway/upload/errc.h"
#include "gateway/upload/source_fetch.h"
#include "gateway/upload/upload_keys.h"
#include "test/unit/gateway/endpoints/local_vcenter.h"
#include "test/unit/gateway/state/state_fixture.h"

#include <cstring>
#include <deque>
#include <fstream>

namespace pcg::gateway::upload {
namespace {

constexpr auto kEndpoint = "ep_00000000000000000000000000";
constexpr auto kKey = "ak_00000000000000000000000000";

Order orderOf(const crypto::Digest256& sha256, char last = '0') {
    const auto text = R"({"id":"up_0000000000000000000000000)" + std::string(1, last) +
                      R"(","endpoint":")" + kEndpoint + R"(","access_key":")" + kKey +
                      R"(","source":"https://a.example/x?signature=canary","sha256":")" +
                      toHex(sha256) +
                      R"(","max_bytes":100000,"target":{"kind":"datastore","datacenter":"DC0",)"
                      R"("datastore":"f","path":"a"}})";
    return *Order::parse(*codec::json::parseObject(text));
}

// One answer after another; each gives so much of its body and may break off then.
struct Scripted {
    http::ResponseHead head;
    std::string body;
    bool breaks = false;
};

class ScriptedCall final : public http::Call {
  public:
    explicit ScriptedCall(Scripted script) : script_(std::move(script)) {}

    net::Task<Result<>> writeBody(BytesView) override { co_return Result<>(); }

    net::Task<Result<>> finishRequest() override { co_return Result<>(); }

    net::Task<Result<http::ResponseHead>> readHead() override { co_return script_.head; }

    net::Task<Result<std::size_t>> readBody(MutableBytes buffer) override {
        const auto count = std::min(buffer.size(), script_.body.size() - read_);
        std::memcpy(buffer.data(), script_.body.data() + read_, count);
        read_ += count;
        if (count == 0 && script_.breaks) co_return fail(http::kTruncated, "it broke");
        co_return count;
    }

    void cancel() override {}

    http::Outcome outcome() const override { return http::Outcome::Unknown; }

  private:
    Scripted script_;
    std::size_t read_ = 0;
};

class ScriptedSources final : public Sources {
  public:
    net::Task<Result<std::unique_ptr<http::Call>>> start(SourceUrl,
                                                         http::RequestHead head) override {
        asked.push_back(std::move(head));
        if (answers.empty()) co_return fail(http::kConnectFailed, "nobody listens");
        auto script = std::move(answers.front());
        answers.pop_front();
        std::unique_ptr<http::Call> call = std::make_unique<ScriptedCall>(std::move(script));
        co_return call;
    }

    std::deque<Scripted> answers;
    std::vector<http::RequestHead> asked;
};

class UploadTest : public StateFixture {
  protected:
    UploadTest() {
        Cache::Limits limits;
        limits.total = 1000;
        limits.object = 800;
        limits.keepFree = 0;
        cache_.emplace(files_, dir_ / "uploads", limits);
        EXPECT_TRUE(await(cache_->open({})));
    }

    ~UploadTest() override { files_.stop(); }

    template <class T>
    T await(net::Task<T> task) {
        return test::runToEnd(loop_, std::move(task));
    }

    // A whole object in the cache.
    crypto::Digest256 put(const std::string& text, char last) {
        const auto sha256 = crypto::sha256(text);
        const auto id = orderOf(sha256, last).id;
        EXPECT_TRUE(await(cache_->makeRoom(id, text.size())));
        const auto file = await(cache_->openPart(id, 0));
        EXPECT_TRUE(await(cache_->write(*file, toBytes(asBytes(text)), 0)));
        EXPECT_TRUE(*await(cache_->verify(id, sha256)));
        return sha256;
    }

    Result<> fetchInto(Record& record) {
        FetchParts parts{sources_, list_, *cache_, halt_, [] {}, [this] { return kept(); }};
        return await(fetch(std::move(parts), record));
    }

    net::Task<Result<>> kept() {
        ++kept_;
        co_return Result<>();
    }

    void addEndpoint() {
        EndpointRecord record{*wire::parseEndpointId(kEndpoint),
                              "vc1",
                              "vcenter",
                              "https://vc1.example",
                              {TrustKind::Pin, std::string(64, 'a')},
                              {},
                              {}};
        const EndpointCredentials credentials{Secret::fromText("root"), Secret::fromText("x")};
        ASSERT_TRUE(gateway::addEndpoint(storage(), {"tn_a", 1}, record, credentials));
    }

    net::Loop loop_{1};
    FileThread files_;
    std::optional<Cache> cache_;
    ScriptedSources sources_;
    SourceList list_ = *SourceList::parse("https://a.example");
    Halt halt_{loop_.get_executor()};
    int kept_ = 0;
};

TEST_F(UploadTest, TheLeastRecentlyUsedObjectMakesRoomAndNeverOneInUse) {
    const auto one = put(std::string(400, '1'), '1');
    const auto two = put(std::string(400, '2'), '2');
    {
        const auto used = cache_->use(one);
    }
    put(std::string(300, '3'), '3');
    EXPECT_TRUE(cache_->has(one)) << "it was used after the other";
    EXPECT_FALSE(cache_->has(two));
    const auto held = cache_->use(one);
    const auto id = orderOf(one, '4').id;
    const auto room = await(cache_->makeRoom(id, 700));
    ASSERT_FALSE(room);
    EXPECT_TRUE(room.error().is(errc::kNoRoom));
    EXPECT_TRUE(cache_->has(one));
    EXPECT_LE(cache_->used(), 1000U);
    EXPECT_TRUE(await(cache_->makeRoom(id, 801)).error().is(errc::kTooLarge));
}

TEST_F(UploadTest, WhatIsDamagedOnTheDiskIsFoundAndThrownOut) {
    const auto one = put("sound", '1');
    std::ofstream(dir_ / "uploads" / toHex(one)) << "rotten";
    EXPECT_FALSE(*await(cache_->verify(orderOf(one, '1').id, one)));
    EXPECT_FALSE(cache_->has(one));
}

TEST_F(UploadTest, AStartKeepsObjectsAndThePartsOfUploadsThatGoOn) {
    const auto one = put("whole", '1');
    const auto mine = orderOf(one, '2').id;
    const auto foreign = orderOf(one, '3').id;
    for (const auto& id : {mine, foreign}) {
        const auto file = await(cache_->openPart(id, 0));
        ASSERT_TRUE(await(cache_->write(*file, Bytes(10, 1), 0)));
    }
    std::ofstream(dir_ / "uploads" / "notes.txt") << "of somebody";
    Cache again(files_, dir_ / "uploads", {});
    ASSERT_TRUE(await(again.open({mine})));
    EXPECT_TRUE(again.has(one));
    EXPECT_EQ(again.partSize(mine), 10U);
    EXPECT_EQ(again.partSize(foreign), 0U);
    EXPECT_FALSE(std::filesystem::exists(dir_ / "uploads" / "notes.txt"));
}

TEST_F(UploadTest, AFetchGoesOnWhereTheConnectionBroke) {
    const std::string text = "0123456789";
    const http::HeaderList etag{{"ETag", "\"e\""}};
    sources_.answers.push_back({{200, "", etag, http::BodyFraming::ofLength(10)}, "0123", true});
    http::ResponseHead rest{206, "", {{"Content-Range", "bytes 4-9/10"}}, {}};
    sources_.answers.push_back({rest, "456789"});
    Record record(orderOf(crypto::sha256(text)));
    const auto done = fetchInto(record);
    ASSERT_TRUE(done) << done.error().message();
    EXPECT_EQ(*sources_.asked.at(1).headers.find("Range"), "bytes=4-");
    EXPECT_EQ(record.part.have, 10U);
    EXPECT_GE(kept_, 2) << "what a restart would need";
    EXPECT_TRUE(*await(cache_->verify(record.order.id, record.order.sha256)));
}

TEST_F(UploadTest, AFetchBeginsAnewAndLeavesNothingOfTheFirstTry) {
    sources_.answers.push_back({{200, "", {}, http::BodyFraming::ofLength(10)}, "0123456", true});
    sources_.answers.push_back({{200, "", {}, http::BodyFraming::ofLength(3)}, "abc"});
    Record record(orderOf(crypto::sha256("abc")));
    ASSERT_TRUE(fetchInto(record));
    EXPECT_TRUE(*await(cache_->verify(record.order.id, record.order.sha256)));
}

TEST_F(UploadTest, WhatWasHaltedAsksNobodyAnyMore) {
    halt_.now(Error(errc::kCancelled, "by a person"));
    Record record(orderOf(crypto::sha256("abc")));
    EXPECT_TRUE(fetchInto(record).error().is(errc::kCancelled));
    EXPECT_TRUE(sources_.asked.empty());
}

TEST_F(UploadTest, TheJournalKeepsTheOrderSealedAndGivesItBack) {
    addEndpoint();
    Record record(orderOf(crypto::sha256("abc")));
    record.by = "user alice";
    record.part.etag = "\"e\"";
    record.changedAt = record.createdAt = clock_.wallNow();
    record.fetching();
    ASSERT_TRUE(storeUpload(storage(), record));
    record.complete(false);
    ASSERT_TRUE(storeUpload(storage(), record));
    const auto loaded = loadUploads(storage());
    ASSERT_TRUE(loaded);
    ASSERT_EQ(loaded->size(), 1U);
    EXPECT_EQ(loaded->front().order.source.text(), "https://a.example/x?signature=canary");
    EXPECT_EQ(loaded->front().state, wire::UploadState::Verifying);
    EXPECT_EQ(loaded->front().part.etag, "\"e\"");
    EXPECT_EQ(loaded->front().by, "user alice");
    const auto rows = storage().database.query("SELECT progress, ordered FROM uploads");
    EXPECT_EQ(rows->front().text(0).find("canary"), std::string::npos);
    EXPECT_EQ(asText(rows->front().blob(1)).find("canary"), std::string::npos);
    ASSERT_TRUE(removeEndpoint(storage(), record.order.endpoint));
    EXPECT_TRUE(loadUploads(storage())->empty()) << "it goes with its endpoint";
    EXPECT_FALSE(storeUpload(storage(), record));
}

TEST_F(UploadTest, OfThoseThatAreOverTheNewestAreKept) {
    addEndpoint();
    for (std::size_t i = 0; i < kMostUploadsOver + 10; ++i) {
        auto order = orderOf(crypto::sha256("abc"));
        order.id = wire::newId<wire::UploadId>(random_);
        Record record(std::move(order));
        clock_.advance(std::chrono::seconds(1));
        record.createdAt = record.changedAt = clock_.wallNow();
        ASSERT_TRUE(storeUpload(storage(), record));
        record.done();
        ASSERT_TRUE(storeUpload(storage(), record));
    }
    EXPECT_EQ(loadUploads(storage())->size(), kMostUploadsOver);
}

TEST_F(UploadTest, AKeyIsUsedWithoutItsSecretWhileTheUploadRunsAndTheKeyIsGood) {
    addEndpoint();
    const auto endpoint = *wire::parseEndpointId(kEndpoint);
    const auto minted = createAccessKey(storage(), endpoint, {proxy::Role::Deploy, {}, "", ""});
    ASSERT_TRUE(minted);
    StoredAccessKeys stored(*state_);
    UploadKeys keys(stored, *state_, random_);
    const auto& id = minted->record.id;
    Secret used;
    {
        const UploadKeys::Grant grant(keys, endpoint, id);
        used = grant.secret();
        EXPECT_EQ(await(keys.verify(endpoint, id, used.clone()))->role, proxy::Role::Deploy);
        EXPECT_TRUE(await(keys.verify(endpoint, id, minted->password.clone())));
        EXPECT_FALSE(await(keys.verify(endpoint, id, Secret::fromText("guessed"))));
        const auto other = wire::newId<wire::AccessKeyId>(random_);
        EXPECT_FALSE(await(keys.verify(endpoint, other, used.clone()))) << "for one key only";
        ASSERT_TRUE(revokeAccessKey(storage(), id));
        EXPECT_FALSE(await(keys.verify(endpoint, id, used.clone()))) << "revoked";
    }
    EXPECT_FALSE(await(keys.verify(endpoint, id, used.clone()))) << "the run is over";
}

}  // namespace
}  // namespace pcg::gateway::upload
