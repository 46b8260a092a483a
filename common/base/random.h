// SPDX-License-Identifier: Apache-2.0
// Unpredictable octets, injected. The real one is crypto::SystemRandom; tests bring a seeded one.
#pragma once

#include "common/base/bytes.h"

namespace pcg {

class Random {
  public:
    virtual ~Random() = default;
    virtual void fill(MutableBytes bytes) = 0;

    template <std::size_t N>
    ByteArray<N> array() {
        ByteArray<N> bytes{};
        fill(bytes);
        return bytes;
    }

    std::uint64_t next() {
        std::uint64_t value = 0;
        for (const auto octet : array<8>()) value = value << 8 | octet;
        return value;
    }

    // Uniform in [0, bound); bound > 0.
    std::uint64_t below(std::uint64_t bound) {
        const std::uint64_t limit = UINT64_MAX - UINT64_MAX % bound;
        std::uint64_t value = next();
        while (value >= limit) value = next();
        return value % bound;
    }
};

}  // namespace pcg
