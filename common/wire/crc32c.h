// SPDX-License-Identifier: Apache-2.0
// CRC-32C (Castagnoli polynomial, RFC 3720 appendix B.4): the check over a stream's bytes that END
// carries. It guards against our own mistakes in cutting and joining, not against an attacker; TLS
// does that.
#pragma once

#include "common/base/bytes.h"

namespace pcg::wire {

class Crc32c {
  public:
    void update(BytesView bytes);

    std::uint32_t value() const { return ~state_; }

  private:
    std::uint32_t state_ = 0xffffffff;
};

}  // namespace pcg::wire
