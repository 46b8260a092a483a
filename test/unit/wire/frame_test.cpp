// SPDX-License-Identifier: Apache-2.0
#include "common/wire/frame.h"

#include "common/wire/errc.h"
#include "common/wire/limits.h"

#include <gtest/gtest.h>

namespace pcg::wire {
namespace {

constexpr Origin kOrigin{0x0123456789abcdef, 7, 1000};

Bytes messageOf(const Frame& frame) {
    Bytes message;
    appendOrigin(message, kOrigin);
    appendFrame(message, frame);
    return message;
}

TEST(Frames, HaveA24OctetBigEndianHeader) {
    const auto payload = asBytes("abc");
    Bytes bytes;
    appendFrame(bytes, {FrameType::Data, kFromInitiator, 0x1122334455667788, 0x99, payload});

    EXPECT_EQ(toHex(bytes),
              "01050001000000031122334455667788000000000000009961"
              "6263");
    EXPECT_EQ(bytes.size(), kFrameHeaderBytes + payload.size());
}

TEST(Frames, SeveralTravelInOneMessage) {
    const auto body = asBytes("hello");
    Bytes message;
    appendOrigin(message, kOrigin);
    appendFrame(message, {FrameType::OpenAck, 0, 5, 262144, {}});
    appendFrame(message, {FrameType::Data, kWindowLimited, 5, 0, body});
    appendEnd(message, 0, 5, 5, 0xdeadbeef);
    appendReset(message, kFromInitiator, 9, {ResetCode::Cancelled, Outcome::Unknown, "gone"});
    const std::vector<SyncEntry> entries{{3, 10, 20, true, false, true},
                                         {4, 0, 1, false, true, false}};
    appendSync(message, entries);

    const auto parsed = parseMessage(message);

    ASSERT_TRUE(parsed) << parsed.error().message();
    EXPECT_EQ(parsed->origin, kOrigin);
    ASSERT_EQ(parsed->frames.size(), 5U);
    EXPECT_EQ(parsed->frames[0].offset, 262144U);
    EXPECT_EQ(asText(parsed->frames[1].payload), "hello");
    EXPECT_EQ(endCrc(parsed->frames[2]), 0xdeadbeefU);
    const auto reset = resetOf(parsed->frames[3]);
    EXPECT_EQ(reset.code, ResetCode::Cancelled);
    EXPECT_EQ(reset.outcome, Outcome::Unknown);
    EXPECT_EQ(reset.text, "gone");
    EXPECT_EQ(syncEntries(parsed->frames[4]), entries);
}

TEST(Frames, RefuseAMessageCutAnywhere) {
    Bytes message = messageOf({FrameType::Data, 0, 5, 0, asBytes("hello")});
    appendEnd(message, 0, 5, 5, 1);
    for (std::size_t size = 0; size < message.size(); ++size) {
        // Cut exactly between frames it is a shorter message, but a well-formed one.
        if (size == 2 * kFrameHeaderBytes + 5) continue;
        const auto parsed = parseMessage(BytesView(message).first(size));
        ASSERT_FALSE(parsed) << size;
        EXPECT_TRUE(parsed.error().is(kBadFrame));
    }
}

TEST(Frames, RefuseWhatIsNotSpecified) {
    const Bytes big(kMaxDataBytes + 1);
    const Bytes four(4);
    const std::vector<std::pair<const char*, Frame>> cases{
        {"stream zero", {FrameType::Data, 0, 0, 0, four}},
        {"sync with a stream", {FrameType::Sync, 0, 1, 0, {}}},
        {"second origin", {FrameType::Origin, 0, 1, 0, {}}},
        {"unknown type", {static_cast<FrameType>(10), 0, 1, 0, {}}},
        {"type zero", {static_cast<FrameType>(0), 0, 1, 0, {}}},
        {"reserved flag", {FrameType::Data, 4, 1, 0, four}},
        {"flag of another type", {FrameType::End, kWindowLimited, 1, 0, four}},
        {"empty data", {FrameType::Data, 0, 1, 0, {}}},
        {"oversized data", {FrameType::Data, 0, 1, 0, big}},
        {"data past 2^64", {FrameType::Data, 0, 1, UINT64_MAX, four}},
        {"credit with payload", {FrameType::Credit, 0, 1, 0, four}},
        {"ack with payload", {FrameType::OpenAck, 0, 1, 0, four}},
        {"end without crc", {FrameType::End, 0, 1, 0, {}}},
        {"open without head", {FrameType::Open, kFromInitiator, 1, 0, {}}},
        {"headers with offset", {FrameType::Headers, 0, 1, 1, four}},
        {"reset code zero", {FrameType::Reset, 0, 1, 0, four}},
        {"ragged sync", {FrameType::Sync, 0, 0, 0, four}},
    };
    for (const auto& [name, frame] : cases) {
        const auto parsed = parseMessage(messageOf(frame));
        ASSERT_FALSE(parsed) << name;
        EXPECT_TRUE(parsed.error().is(kBadFrame)) << name;
    }
}

TEST(Frames, RefuseAMessageWithoutOriginOrWithAnotherVersion) {
    Bytes noOrigin;
    appendFrame(noOrigin, {FrameType::Credit, 0, 1, 5, {}});
    EXPECT_FALSE(parseMessage(noOrigin));

    Bytes onlyOrigin;
    appendOrigin(onlyOrigin, kOrigin);
    EXPECT_FALSE(parseMessage(onlyOrigin));

    Bytes anotherVersion = messageOf({FrameType::Credit, 0, 1, 5, {}});
    anotherVersion[kFrameHeaderBytes] = 2;
    EXPECT_FALSE(parseMessage(anotherVersion));
}

TEST(Frames, CutAResetTextToItsBound) {
    const std::string text(kMaxResetText + 50, 'x');
    Bytes message;
    appendOrigin(message, kOrigin);
    appendReset(message, 0, 1, {ResetCode::Refused, Outcome::NotDispatched, text});

    const auto parsed = parseMessage(message);

    ASSERT_TRUE(parsed);
    EXPECT_EQ(resetOf(parsed->frames[0]).text.size(), kMaxResetText);
}

}  // namespace
}  // namespace pcg::wire
