// SPDX-License-Identifier: Apache-2.0
// Receive storage as a budget: an advertised window is reserved here before it is advertised, so
// the sum of what all peers may send at once never exceeds it.
//
// Three kinds of taker, so that none starves another: the first window of a stream may use only the
// upper half, growth stops at the last eighth, and that eighth is for bodies that come inside an
// OPEN. A pool may stand in another one (route in process); bytes are taken from both. Not
// thread-safe.
#pragma once

#include "common/base/bytes.h"

namespace pcg::stream {

class WindowPool {
  public:
    // The parent must outlive this pool.
    explicit WindowPool(ByteCount capacity, WindowPool* parent = nullptr)
        : capacity_(capacity), parent_(parent) {}

    WindowPool(const WindowPool&) = delete;
    WindowPool& operator=(const WindowPool&) = delete;

    // Each takes at most `want` and returns what it got.
    ByteCount takeInitial(ByteCount want);
    ByteCount takeGrowth(ByteCount want);

    // All or nothing.
    bool takeInline(ByteCount want);

    void give(ByteCount bytes);

    ByteCount used() const { return used_; }

    // Too little left for growth: streams give back what they do not need.
    bool isTight() const;

  private:
    // Bytes left above the given part of the capacity, here and in every parent.
    ByteCount spare(ByteCount keepDivisor) const;
    void take(ByteCount bytes);

    ByteCount capacity_;
    ByteCount used_ = 0;
    WindowPool* parent_;
};

}  // namespace pcg::stream
