// SPDX-License-Identifier: Apache-2.0
// Big-endian integers into and out of octets. The reader never reads past its view: after the first
// short read everything it returns is empty and ok() is false, so a decoder checks once, at the
// end.
#pragma once

#include "common/base/bytes.h"

#include <string_view>

namespace pcg::wire {

template <class Integer>
void putInteger(Bytes& to, Integer value) {
    for (auto shift = static_cast<int>(sizeof(Integer) * 8) - 8; shift >= 0; shift -= 8)
        to.push_back(static_cast<std::uint8_t>(value >> shift));
}

class OctetReader {
  public:
    explicit OctetReader(BytesView bytes) : rest_(bytes) {}

    template <class Integer>
    Integer integer() {
        Integer value = 0;
        for (const auto octet : take(sizeof(Integer)))
            value = static_cast<Integer>(value << 8 | octet);
        return value;
    }

    BytesView take(std::size_t count) {
        if (count > rest_.size()) {
            ok_ = false;
            rest_ = {};
            return {};
        }
        const auto taken = rest_.first(count);
        rest_ = rest_.subspan(count);
        return taken;
    }

    std::string_view text(std::size_t count) { return asText(take(count)); }

    bool ok() const { return ok_; }

    bool atEnd() const { return rest_.empty(); }

  private:
    BytesView rest_;
    bool ok_ = true;
};

template <>
inline std::uint8_t OctetReader::integer<std::uint8_t>() {
    const auto one = take(1);
    return one.empty() ? std::uint8_t{0} : one[0];
}

}  // namespace pcg::wire
