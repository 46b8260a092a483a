// SPDX-License-Identifier: Apache-2.0
// A value that must not be printed, compared, copied by accident or left in memory.
//
// No operator<<, no operator==, no implicit conversion; move-only; wiped on destruction and when
// moved from. `reveal()` is the only way in, and greppable. Log fields of this type do not compile.
#pragma once

#include "common/base/bytes.h"

#include <string>
#include <string_view>

namespace pcg {

class Secret {
  public:
    Secret() = default;
    explicit Secret(BytesView bytes);

    static Secret fromText(std::string_view text) { return Secret(asBytes(text)); }

    // Takes the text and wipes the caller's copy.
    static Secret takeText(std::string& text);
    static Secret takeBytes(Bytes& bytes);

    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;
    Secret(Secret&& other) noexcept;
    Secret& operator=(Secret&& other) noexcept;
    ~Secret();

    Secret clone() const { return Secret(reveal()); }

    bool empty() const { return size_ == 0; }

    std::size_t size() const { return size_; }

    BytesView reveal() const { return {data_, size_}; }

    std::string_view revealText() const { return asText(reveal()); }

  private:
    void wipe() noexcept;

    std::uint8_t* data_ = nullptr;
    std::size_t size_ = 0;
};

// Time depends on the lengths only, never on the contents.
[[nodiscard]] bool constantTimeEqual(BytesView a, BytesView b) noexcept;

// Overwrites; the compiler may not leave it out.
void wipe(MutableBytes bytes) noexcept;
void wipe(std::string& text) noexcept;

}  // namespace pcg
