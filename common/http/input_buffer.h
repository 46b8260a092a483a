// SPDX-License-Identifier: Apache-2.0
// Octets read but not yet used, in one piece. Grows to what is asked for and no further; not
// thread-safe.
#pragma once

#include "common/base/bytes.h"

#include <algorithm>

namespace pcg::http {

class InputBuffer {
  public:
    BytesView data() const { return BytesView(storage_).subspan(begin_, end_ - begin_); }

    std::size_t size() const { return end_ - begin_; }

    bool empty() const { return begin_ == end_; }

    // Room for `count` more octets, valid until the next call. Only here does anything move, so
    // that a read may be pending into the room while what came before it is consumed.
    MutableBytes prepare(std::size_t count) {
        if (empty()) {
            begin_ = end_ = 0;
            if (storage_.size() > kKeep && count <= kKeep) Bytes(kKeep).swap(storage_);
        }
        if (storage_.size() - end_ < count) {
            std::copy(storage_.begin() + static_cast<std::ptrdiff_t>(begin_),
                      storage_.begin() + static_cast<std::ptrdiff_t>(end_),
                      storage_.begin());
            end_ -= begin_;
            begin_ = 0;
            if (storage_.size() - end_ < count) storage_.resize(end_ + count);
        }
        return MutableBytes(storage_).subspan(end_, count);
    }

    void commit(std::size_t count) { end_ += count; }

    void consume(std::size_t count) { begin_ += count; }

  private:
    static constexpr std::size_t kKeep = 4096;

    Bytes storage_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

}  // namespace pcg::http
