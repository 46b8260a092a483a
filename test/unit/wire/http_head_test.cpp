// SPDX-License-Identifier: Apache-2.0
#include "common/wire/http_head.h"

#include "common/wire/errc.h"
#include "common/wire/limits.h"

#include <gtest/gtest.h>

namespace pcg::wire {
namespace {

RequestHead sampleRequest() {
    return {
        .endpoint = EndpointId::unchecked("ep_0123456789abcdefghjkmnpqrs"),
        .requestId = RequestId::unchecked("00112233445566ff"),
        .ttl = std::chrono::seconds(30),
        .surface = Surface::Endpoint,
        .method = "POST",
        .target = "/sdk?x=y",
        .headers = {{"Host", "vc1.example"}, {"SOAPAction", "\"urn:vim25/8.0\""}, {"X-Empty", ""}},
        .framing = {Framing::Kind::Length, 512}};
}

TEST(RequestHeadCodec, RoundTrips) {
    const auto bytes = encode(sampleRequest());
    ASSERT_TRUE(bytes);

    const auto head = decodeRequestHead(*bytes);

    ASSERT_TRUE(head) << head.error().message();
    EXPECT_EQ(*head, sampleRequest());
}

TEST(RequestHeadCodec, RefusesEveryTruncationAndAnyTail) {
    const auto bytes = encode(sampleRequest()).value();
    for (std::size_t size = 0; size < bytes.size(); ++size)
        EXPECT_FALSE(decodeRequestHead(BytesView(bytes).first(size))) << size;
    auto longer = bytes;
    longer.push_back(0);
    EXPECT_FALSE(decodeRequestHead(longer));
    EXPECT_FALSE(decodeResponseHead(bytes));
}

TEST(RequestHeadCodec, RefusesWhatAWriterCouldTurnIntoAnotherRequest) {
    const auto refuses = [](auto change) {
        auto head = sampleRequest();
        change(head);
        const auto bytes = encode(head);
        return !bytes && (bytes.error().is(kBadHead) || bytes.error().is(kTooLarge));
    };
    EXPECT_TRUE(refuses([](auto& head) { head.target = "/sdk HTTP/1.1"; }));
    EXPECT_TRUE(refuses([](auto& head) { head.target = ""; }));
    EXPECT_TRUE(refuses([](auto& head) { head.target = "/\r\n"; }));
    EXPECT_TRUE(refuses([](auto& head) { head.target = std::string(kMaxTargetBytes + 1, 'a'); }));
    EXPECT_TRUE(refuses([](auto& head) { head.method = "GET /"; }));
    EXPECT_TRUE(refuses([](auto& head) { head.method = ""; }));
    EXPECT_TRUE(refuses([](auto& head) { head.headers[0].name = "Ho st"; }));
    EXPECT_TRUE(refuses([](auto& head) { head.headers[0].name = "Host:"; }));
    EXPECT_TRUE(refuses([](auto& head) { head.headers[0].value = "a\r\nX: y"; }));
    EXPECT_TRUE(refuses([](auto& head) { head.headers[0].value = std::string("a\0b", 3); }));
    EXPECT_TRUE(refuses([](auto& head) { head.headers.push_back({"Content-length", "5"}); }));
    EXPECT_TRUE(
        refuses([](auto& head) { head.headers.push_back({"transfer-encoding", "chunked"}); }));
    EXPECT_TRUE(refuses([](auto& head) { head.headers.resize(kMaxHeaders + 1, {"A", "b"}); }));
    EXPECT_TRUE(refuses([](auto& head) { head.headers[0].value.assign(kMaxHeadBytes, 'x'); }));
    EXPECT_TRUE(refuses([](auto& head) { head.ttl = kMaxOpenTtl + std::chrono::milliseconds(1); }));
    EXPECT_TRUE(refuses([](auto& head) { head.endpoint = EndpointId::unchecked("vc1"); }));
    EXPECT_TRUE(refuses([](auto& head) { head.framing = {Framing::Kind::Chunked, 1}; }));
}

TEST(ResponseHeadCodec, RoundTrips) {
    const ResponseHead head{.status = 206,
                            .reason = "Partial Content",
                            .headers = {{"Content-Type", "application/octet-stream"}},
                            .framing = {Framing::Kind::Chunked, 0}};

    const auto decoded = decodeResponseHead(encode(head).value());

    ASSERT_TRUE(decoded);
    EXPECT_EQ(*decoded, head);
}

TEST(ResponseHeadCodec, RefusesAStatusThatIsNone) {
    EXPECT_FALSE(encode(ResponseHead{.status = 99, .reason = {}, .headers = {}, .framing = {}}));
    EXPECT_FALSE(encode(ResponseHead{.status = 600, .reason = {}, .headers = {}, .framing = {}}));
    EXPECT_FALSE(
        encode(ResponseHead{.status = 200, .reason = "a\nb", .headers = {}, .framing = {}}));
}

}  // namespace
}  // namespace pcg::wire
