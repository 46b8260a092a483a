// SPDX-License-Identifier: Apache-2.0
// The sending half of one stream: a bounded buffer of what the application wrote, and the credit it
// may use.
#pragma once

#include "common/base/bytes.h"
#include "common/wire/crc32c.h"

namespace pcg::stream {

class SendSide {
  public:
    explicit SendSide(ByteCount capacity) : capacity_(capacity) {}

    // Takes what fits and returns how much that was.
    std::size_t write(BytesView bytes);

    void finish() { finishing_ = true; }

    void onCredit(ByteCount limit) { limit_ = limit > limit_ ? limit : limit_; }

    std::size_t unsent() const { return buffer_.size() - head_; }

    std::size_t space() const {
        return finishing_ ? 0 : static_cast<std::size_t>(capacity_) - unsent();
    }

    // Bytes that may go now.
    std::size_t sendable() const;

    // Everything was taken and sent, END is next.
    bool isEndDue() const { return finishing_ && !endSent_ && unsent() == 0; }

    // The next `count` bytes; the view is valid until the next call to this object.
    BytesView take(std::size_t count);

    void onEndSent() { endSent_ = true; }

    void discard();

    ByteCount sent() const { return sent_; }

    std::uint32_t crc() const { return crc_.value(); }

    bool finishing() const { return finishing_; }

    bool endSent() const { return endSent_; }

    bool isOutOfCredit() const { return sent_ >= limit_; }

  private:
    ByteCount capacity_;
    Bytes buffer_;
    std::size_t head_ = 0;
    ByteCount sent_ = 0;
    ByteCount limit_ = 0;
    wire::Crc32c crc_;
    bool finishing_ = false;
    bool endSent_ = false;
};

}  // namespace pcg::stream
