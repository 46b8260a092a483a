// SPDX-License-Identifier: Apache-2.0
// The receiving half of one stream: what arrived, what was read, what may still be sent to us.
//
// Credit is cumulative and grows only when the application says that bytes reached the far socket,
// so a slow reader holds at most one window of memory. The window doubles when the sender was
// stopped by it while the reader had nothing left to read, and shrinks when the pool gets tight.
#pragma once

#include "common/base/bytes.h"
#include "common/stream/window_pool.h"
#include "common/wire/crc32c.h"

#include <deque>
#include <optional>

namespace pcg::stream {

class ReceiveSide {
  public:
    enum class Verdict { Taken, Duplicate, Lost, Corrupt, Excess };

    ReceiveSide(WindowPool& pool, ByteCount floorWindow, ByteCount maxWindow)
        : pool_(&pool), floor_(floorWindow), maxWindow_(maxWindow) {}

    ReceiveSide(const ReceiveSide&) = delete;
    ReceiveSide& operator=(const ReceiveSide&) = delete;

    ~ReceiveSide() { discard(); }

    // Before the first byte, one of these: a window to advertise, or storage for a body of known
    // size.
    void reserveWindow(ByteCount want);
    bool reserveInline(ByteCount size);

    Verdict onData(ByteCount offset, BytesView bytes, bool senderIsLimited);
    Verdict onEnd(ByteCount total, std::uint32_t crc);

    std::size_t read(MutableBytes buffer);

    // The application has passed on `count` of the bytes it read.
    void onConsumed(ByteCount count);

    // A limit worth telling the sender; marks it as told.
    bool isCreditDue() const;
    ByteCount takeCredit();

    // Gives memory and reservation back; nothing can be read after it.
    void discard();

    ByteCount limit() const { return limit_; }

    ByteCount received() const { return received_; }

    std::size_t buffered() const { return buffered_; }

    ByteCount window() const { return window_; }

    bool ended() const { return ended_; }

  private:
    void setReserved(ByteCount bytes);
    void adaptWindow();

    WindowPool* pool_;
    ByteCount floor_;
    ByteCount maxWindow_;
    ByteCount window_ = 0;
    ByteCount reserved_ = 0;  // taken from the pool
    ByteCount limit_ = 0;     // told to the sender
    ByteCount received_ = 0;
    ByteCount consumed_ = 0;
    std::optional<ByteCount> limitedAt_;  // the sender stopped here for want of credit
    std::deque<Bytes> chunks_;
    std::size_t headOffset_ = 0;
    std::size_t buffered_ = 0;
    wire::Crc32c crc_;
    bool ended_ = false;
};

}  // namespace pcg::stream
