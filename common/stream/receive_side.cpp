// SPDX-License-Identifier: Apache-2.0
#include "common/stream/receive_side.h"

#include "common/base/assert.h"

#include <algorithm>
#include <cstring>

namespace pcg::stream {
namespace {

constexpr ByteCount kUpdateShare = 4;  // a CREDIT for each quarter of the window

// Frames smaller than this are joined, so that a sender of tiny frames cannot make us hold
// thousands of blocks.
constexpr std::size_t kJoinBelow = 4 * 1024;

}  // namespace

void ReceiveSide::setReserved(ByteCount bytes) {
    if (bytes < reserved_) pool_->give(reserved_ - bytes);
    reserved_ = std::min(reserved_, bytes);
}

void ReceiveSide::reserveWindow(ByteCount want) {
    reserved_ = want > floor_ ? pool_->takeInitial(want - floor_) : 0;
    window_ = floor_ + reserved_;
    limit_ = window_;
}

bool ReceiveSide::reserveInline(ByteCount size) {
    const auto beyondFloor = size > floor_ ? size - floor_ : 0;
    if (!pool_->takeInline(beyondFloor)) return false;
    reserved_ = beyondFloor;
    window_ = size;
    limit_ = size;
    return true;
}

ReceiveSide::Verdict ReceiveSide::onData(ByteCount offset, BytesView bytes, bool senderIsLimited) {
    const auto end = offset + bytes.size();
    if (end <= received_) return Verdict::Duplicate;
    if (offset > received_) return Verdict::Lost;
    if (offset < received_ || ended_ || end > limit_) return Verdict::Excess;
    crc_.update(bytes);
    if (!chunks_.empty() && chunks_.back().size() + bytes.size() <= kJoinBelow)
        append(chunks_.back(), bytes);
    else
        chunks_.push_back(toBytes(bytes));
    received_ = end;
    buffered_ += bytes.size();
    if (senderIsLimited) limitedAt_ = end;
    return Verdict::Taken;
}

ReceiveSide::Verdict ReceiveSide::onEnd(ByteCount total, std::uint32_t crc) {
    if (ended_) return Verdict::Duplicate;
    if (total > received_) return Verdict::Lost;
    if (total < received_) return Verdict::Excess;
    if (crc != crc_.value()) return Verdict::Corrupt;
    ended_ = true;
    setReserved(buffered_ > floor_ ? buffered_ - floor_ : 0);
    return Verdict::Taken;
}

std::size_t ReceiveSide::read(MutableBytes buffer) {
    std::size_t copied = 0;
    while (copied < buffer.size() && !chunks_.empty()) {
        const auto& chunk = chunks_.front();
        const auto count = std::min(buffer.size() - copied, chunk.size() - headOffset_);
        std::memcpy(buffer.data() + copied, chunk.data() + headOffset_, count);
        copied += count;
        headOffset_ += count;
        if (headOffset_ == chunk.size()) {
            chunks_.pop_front();
            headOffset_ = 0;
        }
    }
    buffered_ -= copied;
    return copied;
}

void ReceiveSide::onConsumed(ByteCount count) {
    consumed_ += count;
    PCG_ASSERT(consumed_ + buffered_ <= received_);
    if (ended_) {
        const auto held = received_ - consumed_;
        setReserved(held > floor_ ? held - floor_ : 0);
    } else {
        adaptWindow();
    }
}

void ReceiveSide::adaptWindow() {
    const bool starved = limitedAt_ && consumed_ >= *limitedAt_ && received_ == consumed_;
    if (starved && window_ < maxWindow_) {
        const auto more = pool_->takeGrowth(std::min(window_, maxWindow_ - window_));
        reserved_ += more;
        window_ += more;
        limitedAt_.reset();
        return;
    }
    // What was promised cannot be taken back: only the part of the window that is not advertised
    // can shrink.
    if (!starved && reserved_ > 0 && pool_->isTight()) {
        const auto smallest = std::max(limit_ - consumed_, std::max(window_ / 2, floor_));
        if (smallest < window_) {
            window_ = smallest;
            setReserved(window_ - floor_);
        }
    }
}

bool ReceiveSide::isCreditDue() const {
    return !ended_ &&
           consumed_ + window_ >= limit_ + std::max<ByteCount>(1, window_ / kUpdateShare);
}

ByteCount ReceiveSide::takeCredit() {
    limit_ = std::max(limit_, consumed_ + window_);
    return limit_;
}

void ReceiveSide::discard() {
    setReserved(0);
    chunks_.clear();
    buffered_ = 0;
    headOffset_ = 0;
    window_ = 0;
}

}  // namespace pcg::stream
