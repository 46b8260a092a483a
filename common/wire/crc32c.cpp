// SPDX-License-Identifier: Apache-2.0
#include "common/wire/crc32c.h"

#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace pcg::wire {
namespace {

constexpr std::uint32_t kReflectedPolynomial = 0x82f63b78;

constexpr std::array<std::uint32_t, 256> makeTable() {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < 256; ++i) {
        std::uint32_t value = i;
        for (int bit = 0; bit < 8; ++bit)
            value = (value & 1) != 0 ? value >> 1 ^ kReflectedPolynomial : value >> 1;
        table[i] = value;
    }
    return table;
}

constexpr auto kTable = makeTable();

std::uint32_t updateByTable(std::uint32_t state, BytesView bytes) {
    for (const auto octet : bytes) state = kTable[(state ^ octet) & 0xff] ^ state >> 8;
    return state;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t updateByInstruction(std::uint32_t state,
                                                                    BytesView bytes) {
    std::uint64_t wide = state;
    while (bytes.size() >= sizeof wide) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes.data(), sizeof word);
        wide = _mm_crc32_u64(wide, word);
        bytes = bytes.subspan(sizeof word);
    }
    auto narrow = static_cast<std::uint32_t>(wide);
    for (const auto octet : bytes) narrow = _mm_crc32_u8(narrow, octet);
    return narrow;
}

bool hasInstruction() {
    static const bool supported = __builtin_cpu_supports("sse4.2") != 0;
    return supported;
}
#endif

}  // namespace

void Crc32c::update(BytesView bytes) {
#if defined(__x86_64__)
    if (hasInstruction()) {
        state_ = updateByInstruction(state_, bytes);
        return;
    }
#endif
    state_ = updateByTable(state_, bytes);
}

}  // namespace pcg::wire
