// SPDX-License-Identifier: Apache-2.0
// What an upload is to do next, decided without a socket or a disk.
#include "gateway/errc.h"
#include "gateway/upload/errc.h"
#include "gateway/upload/fetch_plan.h"

#include <gtest/gtest.h>

namespace pcg::gateway::upload {
namespace {

using Next = FetchPlan::Next;
using wire::UploadState;

SourceList listed(std::string_view text) { return *SourceList::parse(text); }

SourceUrl url(std::string_view text) { return *SourceUrl::parse(text); }

bool opens(const SourceList& list, std::string_view text) {
    const auto parsed = SourceUrl::parse(text);
    return parsed && list.mayFetch(*parsed).has_value();
}

http::ResponseHead head(int status,
                        http::HeaderList headers = {},
                        http::BodyFraming body = http::BodyFraming::ofLength(100)) {
    return {status, "", std::move(headers), body};
}

TEST(SourceListTest, OpensNothingUnlessToldTo) {
    EXPECT_FALSE(opens(SourceList(), "https://a.example/x"));
    const auto denied = SourceList().mayFetch(url("https://a.example/x"));
    EXPECT_TRUE(denied.error().is(errc::kSourceDenied));
    EXPECT_NE(denied.error().message().find("upload_sources"), std::string::npos);
}

TEST(SourceListTest, OpensAPathAndWhatIsBelowItOfExactlyThatHostPortAndScheme) {
    const auto list = listed("https://a.example/images, b.example:8443 http://10.0.0.1/iso/");
    EXPECT_TRUE(opens(list, "https://a.example/images"));
    EXPECT_TRUE(opens(list, "https://A.example:443/images/x.iso?token=1"));
    EXPECT_FALSE(opens(list, "https://a.example/images-private/x"));
    EXPECT_FALSE(opens(list, "https://a.example/"));
    EXPECT_FALSE(opens(list, "http://a.example/images/x"));
    EXPECT_FALSE(opens(list, "https://a.example:8443/images/x"));
    EXPECT_FALSE(opens(list, "https://a.example.evil/images/x"));
    EXPECT_TRUE(opens(list, "https://b.example:8443/anything"));
    EXPECT_TRUE(opens(list, "http://10.0.0.1/iso/a"));
    EXPECT_FALSE(opens(list, "http://10.0.0.1/iso"));
}

TEST(SourceListTest, RefusesWhatTwoReadersCouldTakeForTwoPlaces) {
    for (const auto* text : {"https://a.example/images/../secret",
                             "https://a.example/images/%2e%2e/secret",
                             "https://a.example/images/..%2fsecret",
                             "https://a.example/images\\x",
                             "https://a.example/images/%5cx",
                             "https://user@a.example/images/x",
                             "https://a.example/images/x#y",
                             "https://a.example/im ages",
                             "https://a.example/%zz",
                             "https:///images",
                             "https://0x7f000001/x",
                             "https://127.1/x",
                             "file:///etc/passwd",
                             "a.example/images"}) {
        EXPECT_FALSE(SourceUrl::parse(text)) << text;
    }
    EXPECT_FALSE(SourceList::parse("a.example/images")) << "a path without a scheme";
    EXPECT_FALSE(SourceList::parse("https://a.example/?x=1"));
}

TEST(SourceUrlTest, FollowsALocationAndShowsNoQuery) {
    const auto base = url("https://a.example/one/two?secret=1");
    EXPECT_EQ(base.shown(), "https://a.example/one/two");
    EXPECT_EQ(base.target(), "/one/two?secret=1");
    EXPECT_EQ(base.resolve("three")->text(), "https://a.example/one/three");
    EXPECT_EQ(base.resolve("/x?y=https://z/")->text(), "https://a.example/x?y=https://z/");
    EXPECT_EQ(base.resolve("//b.example/x")->text(), "https://b.example/x");
    EXPECT_EQ(base.resolve("http://c.example:80/x#frag")->text(), "http://c.example/x");
    EXPECT_FALSE(base.resolve("../x"));
}

class FetchPlanTest : public testing::Test {
  protected:
    FetchPlan plan(Part part = {}, ByteCount most = 1000) {
        return {list_, url("https://a.example/open/x"), most, std::move(part)};
    }

    static Part part(ByteCount have) {
        Part made;
        made.have = have;
        made.total = 100;
        made.etag = "\"e\"";
        return made;
    }

    SourceList list_ = listed("https://a.example/open/, https://b.example/");
};

TEST_F(FetchPlanTest, AsksForTheWholeAndThenForTheRestByTheStrongestValidator) {
    auto one = plan();
    EXPECT_EQ(one.request().headers.find("Range"), nullptr);
    EXPECT_EQ(*one.request().headers.find("Host"), "a.example");
    EXPECT_EQ(*one.answered(head(200, {{"ETag", "\"e\""}, {"Last-Modified", "then"}})), Next::Body);
    ASSERT_TRUE(one.received(40));
    EXPECT_EQ(*one.failed(Error(errc::kSourceFailed, "broke")), Next::Pause);
    EXPECT_EQ(*one.request().headers.find("Range"), "bytes=40-");
    EXPECT_EQ(*one.request().headers.find("If-Range"), "\"e\"");
    EXPECT_EQ(*one.answered(head(206, {{"Content-Range", "bytes 40-99/100"}})), Next::Body);
    ASSERT_TRUE(one.received(60));
    EXPECT_EQ(*one.ended(), Next::Whole);
    EXPECT_TRUE(one.part().resumed);
}

TEST_F(FetchPlanTest, AWeakETagIsNoValidator) {
    auto one = plan();
    ASSERT_TRUE(one.answered(head(200, {{"ETag", "W/\"e\""}, {"Last-Modified", "then"}})));
    ASSERT_TRUE(one.received(1));
    ASSERT_TRUE(one.failed(Error(errc::kSourceFailed, "broke")));
    EXPECT_EQ(*one.request().headers.find("If-Range"), "then");
}

TEST_F(FetchPlanTest, BeginsAnewWhenTheSourceDoesAndWhenItsRangeIsAnother) {
    auto whole = plan(part(40));
    EXPECT_EQ(*whole.answered(head(200)), Next::Body);
    EXPECT_EQ(whole.part().have, 0U);
    EXPECT_FALSE(whole.part().resumed);
    for (const auto* range : {"bytes 39-99/100", "bytes 40-99/101", "bytes 40-30/100", "x", ""}) {
        auto one = plan(part(40));
        EXPECT_EQ(*one.answered(head(206, {{"Content-Range", range}})), Next::Ask) << range;
        EXPECT_EQ(one.request().headers.find("Range"), nullptr);
        EXPECT_EQ(one.part().have, 0U);
    }
}

TEST_F(FetchPlanTest, EverythingIsThereWhenNothingIsBehindIt) {
    EXPECT_EQ(*plan(part(100)).answered(head(416)), Next::Whole);
    EXPECT_EQ(*plan(part(120)).answered(head(416)), Next::Ask) << "of another object";
}

TEST_F(FetchPlanTest, ASourceThatGivesRangesUnaskedIsGivenUpOn) {
    auto one = plan();
    Result<Next> next = Next::Ask;
    for (int i = 0; i < 100 && next; ++i)
        next = one.answered(head(206, {{"Content-Range", "bytes 0-9/10"}}));
    ASSERT_FALSE(next);
    EXPECT_TRUE(next.error().is(errc::kSourceFailed));
}

TEST_F(FetchPlanTest, RedirectsLeadOnlyWhereTheListDoesAndNotForEver) {
    auto one = plan();
    EXPECT_EQ(*one.answered(head(302, {{"Location", "https://b.example/y"}})), Next::Ask);
    EXPECT_EQ(one.url().text(), "https://b.example/y");
    const auto away = one.answered(head(307, {{"Location", "https://c.example/"}}));
    ASSERT_FALSE(away);
    EXPECT_TRUE(away.error().is(errc::kSourceDenied));
    auto loop = plan();
    Result<Next> next = Next::Ask;
    int hops = 0;
    while (next) {
        next = loop.answered(head(301, {{"Location", "/open/x"}}));
        ++hops;
    }
    EXPECT_EQ(hops, FetchPlan::kMostRedirects + 1);
    EXPECT_FALSE(plan().answered(head(302)));
}

TEST_F(FetchPlanTest, ABrokenRunBeginsAtTheSourceAgain) {
    auto one = plan();
    ASSERT_TRUE(one.answered(head(302, {{"Location", "https://b.example/y"}})));
    ASSERT_TRUE(one.failed(Error(errc::kSourceFailed, "broke")));
    EXPECT_EQ(one.url().text(), "https://a.example/open/x")
        << "the redirect may lead elsewhere now";
}

TEST_F(FetchPlanTest, MoreThanWasOrderedIsRefusedByItsSizeAndByItsOctets) {
    EXPECT_TRUE(plan({}, 99).answered(head(200)).error().is(errc::kTooLarge));
    auto one = plan({}, 99);
    ASSERT_TRUE(one.answered(head(200, {}, http::BodyFraming::chunked())));
    EXPECT_TRUE(one.received(99));
    EXPECT_TRUE(one.received(1).error().is(errc::kTooLarge));
}

TEST_F(FetchPlanTest, WeatherIsWaitedForAndOctetsInBetweenForgiveIt) {
    auto one = plan();
    const Error why(errc::kSourceFailed, "broke");
    for (int i = 1; i < FetchPlan::kMostFailures; ++i) ASSERT_TRUE(one.failed(why));
    ASSERT_TRUE(one.answered(head(200)));
    ASSERT_TRUE(one.received(1));
    for (int i = 1; i < FetchPlan::kMostFailures; ++i) ASSERT_TRUE(one.failed(why));
    EXPECT_TRUE(one.failed(why).error().is(errc::kSourceFailed));
    auto asked = plan();
    EXPECT_EQ(*asked.answered(head(503, {{"Retry-After", "7"}})), Next::Pause);
    EXPECT_EQ(asked.pause(), std::chrono::seconds(7));
    EXPECT_LT(asked.pause(), std::chrono::seconds(7)) << "once";
    EXPECT_TRUE(plan().answered(head(403)).error().is(errc::kSourceRefused));
    EXPECT_TRUE(plan()
                    .answered(head(200, {{"Content-Encoding", "gzip"}}))
                    .error()
                    .is(errc::kSourceRefused));
}

codec::json::Object orderJson(const std::string& target) {
    return *codec::json::parseObject(
        R"({"id":"up_00000000000000000000000000","endpoint":"ep_00000000000000000000000000",)"
        R"("access_key":"ak_00000000000000000000000000","source":"https://a.example/open/x?s=1",)"
        R"("sha256":")" +
        std::string(64, 'a') + R"(","max_bytes":100,"target":)" + target + "}");
}

constexpr auto kFile =
    R"({"kind":"datastore","datacenter":"DC0","datastore":"fast-1","path":"iso/a b.iso","overwrite":false})";

Order order() { return *Order::parse(orderJson(kFile)); }

TEST(OrderTest, ReadsWhatItWroteAndShowsNoQuery) {
    const auto one = order();
    EXPECT_EQ(codec::json::write(Order::parse(one.toJson())->toJson()),
              codec::json::write(one.toJson()));
    EXPECT_EQ(codec::json::write(one.shown()).find("s=1"), std::string::npos);
    EXPECT_NE(codec::json::write(one.toJson()).find("s=1"), std::string::npos);
    EXPECT_EQ(describe(one.target), "[fast-1] iso/a b.iso in DC0");
}

TEST(OrderTest, RefusesTargetsThatLeadElsewhere) {
    for (const auto* target :
         {R"({"kind":"datastore","datacenter":"DC0","datastore":"f","path":"../a"})",
          R"({"kind":"datastore","datacenter":"DC0","datastore":"f","path":"/a"})",
          R"({"kind":"datastore","datacenter":"DC0","datastore":"f","path":"a//b"})",
          R"({"kind":"datastore","datacenter":"DC0","datastore":"f","path":"a\\b"})",
          R"({"kind":"datastore","datacenter":"DC0","datastore":"","path":"a"})",
          R"({"kind":"datastore","datacenter":"DC0","datastore":"f","path":"a","mode":"x"})",
          R"({"kind":"lease","lease":"l"})",
          R"({"kind":"lease","lease":"l","device_key":"a","import_key":"b"})",
          R"({"kind":"boot_resource","name":"n","architecture":"amd64/generic"})",
          R"({"kind":"nfs","path":"a"})"}) {
        const auto read = Order::parse(orderJson(target));
        ASSERT_FALSE(read) << target;
        EXPECT_TRUE(read.error().is(gateway::errc::kBadField)) << target;
    }
}

TEST(RecordTest, GoesFromFetchToVerifyToPushToDone) {
    Record one(order());
    EXPECT_EQ(one.next(), Step::Fetch);
    one.fetching();
    EXPECT_EQ(one.next(), Step::Fetch) << "a restart goes on";
    one.complete(false);
    EXPECT_EQ(one.next(), Step::Verify);
    one.verified(true);
    EXPECT_EQ(one.next(), Step::Push);
    one.done();
    EXPECT_EQ(one.next(), Step::Rest);
    EXPECT_TRUE(one.isOver());
}

TEST(RecordTest, AWrongDigestIsFetchedAgainOnlyWhereASeamOrTheDiskMayBeToBlame) {
    Record fresh(order());
    fresh.complete(false);
    fresh.verified(false);
    EXPECT_EQ(fresh.state, UploadState::Failed);
    EXPECT_EQ(fresh.code, "upload.wrong_sha256");
    Record seam(order());
    seam.part.resumed = true;
    seam.complete(false);
    seam.verified(false);
    EXPECT_EQ(seam.next(), Step::Fetch);
    EXPECT_EQ(seam.part.have, 0U);
    seam.part.resumed = true;
    seam.complete(false);
    seam.verified(false);
    EXPECT_EQ(seam.state, UploadState::Failed) << "once";
    Record cached(order());
    cached.complete(true);
    cached.verified(false);
    EXPECT_EQ(cached.next(), Step::Fetch);
}

TEST(RecordTest, APushThatMayHaveHappenedIsLookedAtAndNeverRepeatedBlindly) {
    Record one(order());
    one.pushing();
    for (int i = 1; i < kMostPushes; ++i) {
        ++one.pushes;
        one.broke();
        EXPECT_EQ(one.next(), Step::Look);
        one.looked(Found::Partly);
        EXPECT_EQ(one.next(), Step::Push);
    }
    ++one.pushes;
    one.broke();
    one.looked(Found::Partly);
    EXPECT_EQ(one.state, UploadState::Failed) << "not for ever";
    for (const auto found : {Found::CannotTell, Found::NotNow}) {
        Record other(order());
        other.pushing();
        ++other.pushes;
        other.broke();
        other.looked(found);
        EXPECT_EQ(other.state, UploadState::Unknown);
    }
    Record whole(order());
    whole.pushing();
    whole.broke();
    whole.looked(Found::Whole);
    EXPECT_EQ(whole.state, UploadState::Done);
}

TEST(RecordTest, ARestartInTheMiddleOfAPushLooksFirst) {
    Record one(order());
    one.pushing();
    ++one.pushes;
    Record again(order());
    again.state = one.state;
    ASSERT_TRUE(again.restore(one.toJson()));
    EXPECT_EQ(again.next(), Step::Look);
    Record before(order());
    before.pushing();
    Record untouched(order());
    untouched.state = before.state;
    ASSERT_TRUE(untouched.restore(before.toJson()));
    EXPECT_EQ(untouched.next(), Step::Push) << "nothing was sent yet";
}

}  // namespace
}  // namespace pcg::gateway::upload
