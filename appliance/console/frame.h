// SPDX-License-Identifier: Apache-2.0
// One whole picture of the console, as lines for 80 columns and 25 rows. Pure.
//
// Nothing that came from outside passes without being made printable. The frame is to be written at
// once: a reader, or a picture, never sees half of one.
#pragma once

#include <string>
#include <vector>

#include "appliance/console/facts.h"

namespace pcg::appliance {

inline constexpr std::size_t kColumns = 79;
inline constexpr std::size_t kRows = 24;

// `block`: what the large letters are drawn with, for example "#" or U+2588. `withQr`: the address
// where a tenant pairs stands beside the code to be photographed, while nothing else needs the
// room.
std::vector<std::string> frame(const Facts& facts, std::string_view block, bool withQr = false);

// A page for a terminal of fewer rows: blank lines and rules go first, then its end.
std::vector<std::string> fitted(std::vector<std::string> lines, std::size_t rows);

// One line of plain ASCII, cut to `width`: whatever a stranger wrote, no terminal obeys it.
std::string printable(std::string_view text, std::size_t width = kColumns);

// The code in letters of five by five, five lines; what is not a letter or digit becomes a gap.
std::vector<std::string> largeText(std::string_view code, std::string_view block);

}  // namespace pcg::appliance
