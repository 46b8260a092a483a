// SPDX-License-Identifier: Apache-2.0
// The frames that streams are made of, and the bus message that carries several of them. Normative
// text: docs/protocol/frames.md. A message is refused whole if any octet of it is not as specified,
// so a receiver never acts on half of one. Views point into the message that was parsed.
#pragma once

#include "common/base/bytes.h"
#include "common/base/result.h"

#include <string_view>
#include <vector>

namespace pcg::wire {

inline constexpr std::uint8_t kFrameVersion = 1;
inline constexpr std::size_t kFrameHeaderBytes = 24;

enum class FrameType : std::uint8_t {
    Origin = 1,   // first in every message: who sends, its link epoch, its clock
    Open = 2,     // offset: window granted for the answer; payload: request head
    OpenAck = 3,  // offset: window granted for the request body
    Headers = 4,  // payload: response head
    Data = 5,     // offset: position of the first byte
    End = 6,      // offset: total; payload: CRC-32C of all bytes
    Credit = 7,   // offset: cumulative limit
    Reset = 8,    // payload: code, outcome, text
    Sync = 9      // payload: every live stream with the receiver
};

// Frame flags. All other bits are zero.
inline constexpr std::uint16_t kFromInitiator = 1;  // the sender is the side that opened the stream
inline constexpr std::uint16_t kWindowLimited = 2;  // DATA: the sender used up all its credit

struct Frame {
    FrameType type{};
    std::uint16_t flags = 0;
    std::uint64_t stream = 0;
    std::uint64_t offset = 0;
    BytesView payload;
};

// What may be said of a request that did not end well.
enum class Outcome : std::uint8_t { NotDispatched = 0, Unknown = 1, Complete = 2 };

enum class ResetCode : std::uint16_t {
    Cancelled = 1,       // whoever asked went away
    Refused = 2,         // the application would not serve it
    Overloaded = 3,      // a limit of the receiver
    Expired = 4,         // older than its time to live
    Lost = 5,            // a gap: something of it did not arrive
    Corrupt = 6,         // total or CRC differ
    FlowViolation = 7,   // more than was granted
    ProtocolError = 8,   // anything else that must not happen
    Gone = 9,            // no such stream (any more)
    UpstreamFailed = 10  // the far server broke off or could not be reached
};

struct Reset {
    ResetCode code = ResetCode::ProtocolError;
    Outcome outcome = Outcome::Unknown;
    std::string_view text;  // for people, at most kMaxResetText octets of UTF-8
};

inline constexpr std::size_t kMaxResetText = 240;

struct SyncEntry {
    std::uint64_t stream = 0;
    std::uint64_t sent = 0;     // body bytes sent so far
    std::uint64_t granted = 0;  // cumulative limit granted so far
    bool fromInitiator = false;
    bool headSent = false;
    bool endSent = false;

    friend bool operator==(const SyncEntry&, const SyncEntry&) = default;
};

struct Origin {
    std::uint64_t instance = 0;  // the 16 hex digits of the InstanceId
    std::uint16_t epoch = 0;     // of the sender's link, modulo 2^16
    std::uint64_t clockMs = 0;   // the sender's steady clock; only differences mean anything

    friend bool operator==(const Origin&, const Origin&) = default;
};

struct ParsedMessage {
    Origin origin;
    std::vector<Frame> frames;  // without the origin, at least one
};

void appendOrigin(Bytes& to, const Origin& origin);
void appendFrame(Bytes& to, const Frame& frame);
void appendEnd(Bytes& to,
               std::uint16_t flags,
               std::uint64_t stream,
               std::uint64_t total,
               std::uint32_t crc32c);
void appendReset(Bytes& to, std::uint16_t flags, std::uint64_t stream, const Reset& reset);
void appendSync(Bytes& to, const std::vector<SyncEntry>& entries);

Result<ParsedMessage> parseMessage(BytesView message);

// Of frames that parseMessage returned, which has checked their payloads.
std::uint32_t endCrc(const Frame& end);
Reset resetOf(const Frame& reset);
std::vector<SyncEntry> syncEntries(const Frame& sync);

}  // namespace pcg::wire
