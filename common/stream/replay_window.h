// SPDX-License-Identifier: Apache-2.0
// Which stream ids of a peer were seen, in constant memory, so that an OPEN is dispatched at most
// once for as long as the peer lives. Ids ascend; one that is further behind the newest than the
// window counts as seen (the scheme of RFC 4303 section 3.4.3).
#pragma once

#include <bitset>
#include <cstdint>

namespace pcg::stream {

class ReplayWindow {
  public:
    static constexpr std::uint64_t kSize = 16384;

    // True the first time for an id, false ever after.
    bool markFirst(std::uint64_t id) {
        if (id > newest_) {
            advanceTo(id);
        } else if (newest_ - id >= kSize || seen_[id % kSize]) {
            return false;
        }
        seen_[id % kSize] = true;
        return true;
    }

  private:
    void advanceTo(std::uint64_t id) {
        if (id - newest_ >= kSize) {
            seen_.reset();
        } else {
            for (auto passed = newest_ + 1; passed <= id; ++passed) seen_[passed % kSize] = false;
        }
        newest_ = id;
    }

    std::uint64_t newest_ = 0;
    std::bitset<kSize> seen_;
};

}  // namespace pcg::stream
