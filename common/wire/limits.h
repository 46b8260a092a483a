// SPDX-License-Identifier: Apache-2.0
// Every bound that both sides of the wire must agree on, with its reason. Changing one is a
// protocol change: docs/protocol/frames.md names them.
#pragma once

#include "common/base/bytes.h"

#include <chrono>

namespace pcg::wire {

using namespace std::chrono_literals;

// Bus messages. The broker's default max_payload is 1 MiB and counts headers; we stay well below
// it.
inline constexpr ByteCount kMaxMessageBytes = 512_KiB;

// One DATA frame. Flat CPU cost from 128 KiB up, head-of-line delay grows beyond (docs/adr).
inline constexpr ByteCount kMaxDataBytes = 128_KiB;

// A body up to this size travels with its head and its END in one message.
inline constexpr ByteCount kSmallBodyBytes = 32_KiB;

// Heads.
inline constexpr ByteCount kMaxHeadBytes = 64_KiB;
inline constexpr std::size_t kMaxHeaders = 128;
inline constexpr std::size_t kMaxHeaderNameBytes = 256;
inline constexpr std::size_t kMaxTargetBytes = 16 * 1024;
inline constexpr std::size_t kMaxMethodBytes = 32;

// Windows: an advertised window is storage that is reserved.
inline constexpr ByteCount kInitialWindow = 256_KiB;
inline constexpr ByteCount kMaxWindow = 4_MiB;
inline constexpr ByteCount kMaxPeerWindow = 16_MiB;     // sum over the streams with one peer
inline constexpr ByteCount kMaxGlobalWindow = 128_MiB;  // sum over everything in the process

// Bytes waiting in the bus client: above the first, bulk data is held back in its streams; above
// the second, everything is. The bus itself refuses at 4 MiB.
inline constexpr ByteCount kBulkHold = 256_KiB;
inline constexpr ByteCount kControlHold = 3_MiB;

// Streams.
inline constexpr std::size_t kMaxStreamsPerPeer = 12288;
inline constexpr std::size_t kMaxStreams = 16384;

// OPENs that may wait for their first answer at once; each has a reply subject of its own.
inline constexpr unsigned kOpenSlots = 1024;

// Reconciliation: whatever was lost is found within three SYNCs.
inline constexpr std::chrono::milliseconds kSyncPeriod = 5s;
inline constexpr std::chrono::milliseconds kSilenceLimit = 15s;
inline constexpr std::size_t kMaxSyncEntries = 16384;  // one message holds them

// An OPEN that is older than this when it arrives is refused, not executed.
inline constexpr std::chrono::milliseconds kDefaultOpenTtl = 30s;
inline constexpr std::chrono::milliseconds kMaxOpenTtl = 300s;

// Gateway's heartbeat, and the silence after which it counts as offline.
inline constexpr std::chrono::milliseconds kHeartbeatPeriod = 5s;
inline constexpr std::chrono::milliseconds kOfflineAfter = 16s;

}  // namespace pcg::wire
