// SPDX-License-Identifier: Apache-2.0
// ASCII text, independent of the locale.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pcg {

std::string toLowerAscii(std::string_view text);
bool equalsIgnoreCaseAscii(std::string_view a, std::string_view b);
std::string_view trimAscii(std::string_view text);
std::vector<std::string_view> split(std::string_view text, char separator);

// Decimal, digits only, no sign, no blanks; nothing on overflow.
std::optional<std::uint64_t> parseUnsigned(std::string_view text);

// The candidate closest to `word` by edit distance, if it is close enough to be what was meant.
std::optional<std::string> didYouMean(std::string_view word,
                                      const std::vector<std::string>& candidates);

}  // namespace pcg
