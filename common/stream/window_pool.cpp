// SPDX-License-Identifier: Apache-2.0
#include "common/stream/window_pool.h"

#include "common/base/assert.h"

#include <algorithm>

namespace pcg::stream {
namespace {

constexpr ByteCount kKeepForGrowth = 2;
constexpr ByteCount kKeepForInline = 8;
constexpr ByteCount kInitialShare = 16;

}  // namespace

ByteCount WindowPool::spare(ByteCount keepDivisor) const {
    const auto keep = keepDivisor == 0 ? 0 : capacity_ / keepDivisor;
    const auto here = used_ + keep >= capacity_ ? 0 : capacity_ - keep - used_;
    return parent_ == nullptr ? here : std::min(here, parent_->spare(keepDivisor));
}

void WindowPool::take(ByteCount bytes) {
    used_ += bytes;
    PCG_ASSERT(used_ <= capacity_);
    if (parent_ != nullptr) parent_->take(bytes);
}

ByteCount WindowPool::takeInitial(ByteCount want) {
    const auto got = std::min(want, spare(kKeepForGrowth) / kInitialShare);
    take(got);
    return got;
}

ByteCount WindowPool::takeGrowth(ByteCount want) {
    const auto got = std::min(want, spare(kKeepForInline) / 2);
    take(got);
    return got;
}

bool WindowPool::takeInline(ByteCount want) {
    if (spare(0) < want) return false;
    take(want);
    return true;
}

void WindowPool::give(ByteCount bytes) {
    PCG_ASSERT(bytes <= used_);
    used_ -= bytes;
    if (parent_ != nullptr) parent_->give(bytes);
}

bool WindowPool::isTight() const { return spare(kKeepForInline) < capacity_ / kKeepForInline; }

}  // namespace pcg::stream
