// SPDX-License-Identifier: Apache-2.0
#include "common/stream/send_side.h"

#include "common/base/assert.h"

#include <algorithm>

namespace pcg::stream {

std::size_t SendSide::write(BytesView bytes) {
    const auto count = std::min(bytes.size(), space());
    if (count == 0) return 0;
    if (head_ > 0) {
        buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(head_));
        head_ = 0;
    }
    append(buffer_, bytes.first(count));
    return count;
}

std::size_t SendSide::sendable() const {
    const auto credit = limit_ > sent_ ? limit_ - sent_ : 0;
    return static_cast<std::size_t>(std::min<ByteCount>(unsent(), credit));
}

BytesView SendSide::take(std::size_t count) {
    PCG_ASSERT(count <= unsent());
    const auto bytes = BytesView(buffer_).subspan(head_, count);
    crc_.update(bytes);
    head_ += count;
    sent_ += count;
    return bytes;
}

void SendSide::discard() {
    buffer_ = {};
    head_ = 0;
}

}  // namespace pcg::stream
