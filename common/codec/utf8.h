// SPDX-License-Identifier: Apache-2.0
// UTF-8, strictly (RFC 3629): no surrogates, no overlong forms, nothing above U+10FFFF. For text
// that strangers send and people read. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pcg::codec {

// Takes the first code point off `text`; nothing (and `text` untouched) if its octets are not UTF-8
// or there are none.
std::optional<char32_t> takeCodePoint(std::string_view& text);

void appendCodePoint(std::string& to, char32_t codePoint);

bool isUtf8(std::string_view text);

// U+FFFD for each octet that is not UTF-8.
std::string repairUtf8(std::string_view text);

}  // namespace pcg::codec
