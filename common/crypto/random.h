// SPDX-License-Identifier: Apache-2.0
// The machine's unpredictable octets: OpenSSL's private DRBG, seeded by the kernel. If there is no
// entropy the process stops (an assertion): nothing here may go on with predictable keys.
// Thread-safe.
#pragma once

#include "common/base/random.h"

namespace pcg::crypto {

class SystemRandom final : public Random {
  public:
    void fill(MutableBytes bytes) override;
};

}  // namespace pcg::crypto
