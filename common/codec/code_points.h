// SPDX-License-Identifier: Apache-2.0
// What a code point does to a line that a person reads (Unicode 15). Pure functions.
#pragma once

namespace pcg::codec {

// Any kind of space or line break.
bool isBlank(char32_t point);

// General categories Cc, Cf, Co, Cn (noncharacters) and what renders as nothing: controls, escapes,
// bidirectional overrides and isolates, zero-width and invisible characters, private use. Some line
// breaks are both blank and hidden.
bool isHidden(char32_t point);

// Combining marks, which stand on the character before them.
bool isMark(char32_t point);

}  // namespace pcg::codec
