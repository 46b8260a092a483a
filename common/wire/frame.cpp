// SPDX-License-Identifier: Apache-2.0
#include "common/wire/frame.h"

#include "common/base/assert.h"
#include "common/wire/errc.h"
#include "common/wire/limits.h"
#include "common/wire/octets.h"

#include <algorithm>

namespace pcg::wire {
namespace {

constexpr std::size_t kSyncEntryBytes = 25;
constexpr std::uint8_t kSyncFromInitiator = 1;
constexpr std::uint8_t kSyncHeadSent = 2;
constexpr std::uint8_t kSyncEndSent = 4;
constexpr std::uint8_t kSyncAllFlags = 7;
constexpr std::size_t kResetFixedBytes = 3;

void appendHeader(Bytes& to, const Frame& frame) {
    putInteger(to, kFrameVersion);
    putInteger(to, static_cast<std::uint8_t>(frame.type));
    putInteger(to, frame.flags);
    putInteger(to, static_cast<std::uint32_t>(frame.payload.size()));
    putInteger(to, frame.stream);
    putInteger(to, frame.offset);
}

auto bad(std::string_view what) {
    return fail(kBadFrame,
                "A stream message was refused: " + std::string(what) +
                    ". If this repeats, one side runs another release: update the older one.");
}

bool isCodeKnown(std::uint16_t code) { return code >= 1 && code <= 10; }

bool isResetWellFormed(BytesView payload) {
    OctetReader reader(payload);
    const auto code = reader.integer<std::uint16_t>();
    const auto outcome = reader.integer<std::uint8_t>();
    return reader.ok() && isCodeKnown(code) && outcome <= 2 &&
           payload.size() - kResetFixedBytes <= kMaxResetText;
}

bool isSyncWellFormed(BytesView payload) {
    if (payload.size() % kSyncEntryBytes != 0 || payload.size() / kSyncEntryBytes > kMaxSyncEntries)
        return false;
    for (std::size_t at = 0; at < payload.size(); at += kSyncEntryBytes) {
        OctetReader reader(payload.subspan(at, kSyncEntryBytes));
        if (reader.integer<std::uint64_t>() == 0) return false;
        if ((payload[at + kSyncEntryBytes - 1] & ~kSyncAllFlags) != 0) return false;
    }
    return true;
}

std::uint16_t allowedFlags(FrameType type) {
    switch (type) {
        case FrameType::Open:
            return kFromInitiator;
        case FrameType::OpenAck:
        case FrameType::Headers:
        case FrameType::Sync:
            return 0;
        case FrameType::Data:
            return kFromInitiator | kWindowLimited;
        case FrameType::End:
        case FrameType::Credit:
        case FrameType::Reset:
            return kFromInitiator;
        case FrameType::Origin:
            break;
    }
    return 0;
}

bool isPayloadWellFormed(const Frame& frame) {
    const auto size = frame.payload.size();
    switch (frame.type) {
        case FrameType::Open:
            return size >= 1 && size <= kMaxHeadBytes;
        case FrameType::Headers:
            return size >= 1 && size <= kMaxHeadBytes && frame.offset == 0;
        case FrameType::OpenAck:
        case FrameType::Credit:
            return size == 0;
        case FrameType::Data:
            return size >= 1 && size <= kMaxDataBytes && frame.offset <= UINT64_MAX - size;
        case FrameType::End:
            return size == sizeof(std::uint32_t);
        case FrameType::Reset:
            return frame.offset == 0 && isResetWellFormed(frame.payload);
        case FrameType::Sync:
            return frame.offset == 0 && isSyncWellFormed(frame.payload);
        case FrameType::Origin:
            break;
    }
    return false;
}

// The next frame by its lengths only.
Result<Frame> takeFrame(OctetReader& reader) {
    Frame frame;
    const auto version = reader.integer<std::uint8_t>();
    const auto type = reader.integer<std::uint8_t>();
    frame.flags = reader.integer<std::uint16_t>();
    const auto length = reader.integer<std::uint32_t>();
    frame.stream = reader.integer<std::uint64_t>();
    frame.offset = reader.integer<std::uint64_t>();
    if (!reader.ok()) return bad("it ends inside a frame header");
    if (version != kFrameVersion)
        return bad("frame version " + std::to_string(version) + " is not known");
    if (type < 1 || type > static_cast<std::uint8_t>(FrameType::Sync))
        return bad("frame type " + std::to_string(type) + " is not known");
    frame.type = static_cast<FrameType>(type);
    frame.payload = reader.take(length);
    if (!reader.ok()) return bad("it ends inside a frame");
    return frame;
}

}  // namespace

void appendOrigin(Bytes& to, const Origin& origin) {
    appendHeader(to, {FrameType::Origin, origin.epoch, origin.instance, origin.clockMs, {}});
}

void appendFrame(Bytes& to, const Frame& frame) {
    appendHeader(to, frame);
    append(to, frame.payload);
}

void appendEnd(Bytes& to,
               std::uint16_t flags,
               std::uint64_t stream,
               std::uint64_t total,
               std::uint32_t crc32c) {
    Bytes payload;
    putInteger(payload, crc32c);
    appendFrame(to, {FrameType::End, flags, stream, total, payload});
}

void appendReset(Bytes& to, std::uint16_t flags, std::uint64_t stream, const Reset& reset) {
    Bytes payload;
    putInteger(payload, static_cast<std::uint16_t>(reset.code));
    putInteger(payload, static_cast<std::uint8_t>(reset.outcome));
    append(payload, asBytes(reset.text.substr(0, kMaxResetText)));
    appendFrame(to, {FrameType::Reset, flags, stream, 0, payload});
}

void appendSync(Bytes& to, const std::vector<SyncEntry>& entries) {
    PCG_ASSERT(entries.size() <= kMaxSyncEntries);
    Bytes payload;
    payload.reserve(entries.size() * kSyncEntryBytes);
    for (const auto& entry : entries) {
        putInteger(payload, entry.stream);
        putInteger(payload, entry.sent);
        putInteger(payload, entry.granted);
        payload.push_back(static_cast<std::uint8_t>((entry.fromInitiator ? kSyncFromInitiator : 0) |
                                                    (entry.headSent ? kSyncHeadSent : 0) |
                                                    (entry.endSent ? kSyncEndSent : 0)));
    }
    appendFrame(to, {FrameType::Sync, 0, 0, 0, payload});
}

Result<ParsedMessage> parseMessage(BytesView message) {
    if (message.size() > kMaxMessageBytes) return bad("it is larger than the protocol allows");
    OctetReader reader(message);
    const auto first = PCG_TRY(takeFrame(reader));
    if (first.type != FrameType::Origin || first.stream == 0 || !first.payload.empty())
        return bad("it does not begin with its origin");
    ParsedMessage parsed{{first.stream, first.flags, first.offset}, {}};
    while (!reader.atEnd()) {
        const auto frame = PCG_TRY(takeFrame(reader));
        if (frame.type == FrameType::Origin) return bad("it has two origins");
        if ((frame.stream == 0) != (frame.type == FrameType::Sync))
            return bad("a stream number is wrong");
        if ((frame.flags & ~allowedFlags(frame.type)) != 0) return bad("a reserved flag is set");
        if (!isPayloadWellFormed(frame))
            return bad("a frame has a payload that its type does not allow");
        parsed.frames.push_back(frame);
    }
    if (parsed.frames.empty()) return bad("it has no frames");
    return parsed;
}

std::uint32_t endCrc(const Frame& end) { return OctetReader(end.payload).integer<std::uint32_t>(); }

Reset resetOf(const Frame& reset) {
    OctetReader reader(reset.payload);
    Reset value;
    value.code = static_cast<ResetCode>(reader.integer<std::uint16_t>());
    value.outcome = static_cast<Outcome>(reader.integer<std::uint8_t>());
    value.text = reader.text(reset.payload.size() - kResetFixedBytes);
    return value;
}

std::vector<SyncEntry> syncEntries(const Frame& sync) {
    std::vector<SyncEntry> entries;
    entries.reserve(sync.payload.size() / kSyncEntryBytes);
    for (OctetReader reader(sync.payload); !reader.atEnd();) {
        SyncEntry entry;
        entry.stream = reader.integer<std::uint64_t>();
        entry.sent = reader.integer<std::uint64_t>();
        entry.granted = reader.integer<std::uint64_t>();
        const auto flags = reader.integer<std::uint8_t>();
        entry.fromInitiator = (flags & kSyncFromInitiator) != 0;
        entry.headSent = (flags & kSyncHeadSent) != 0;
        entry.endSent = (flags & kSyncEndSent) != 0;
        entries.push_back(entry);
    }
    return entries;
}

}  // namespace pcg::wire
