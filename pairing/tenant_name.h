// SPDX-License-Identifier: Apache-2.0
// Names that a stranger chose, made fit for a console. A tenant's name is the last thing that a
// person reads before giving a gateway away, so it may not move the cursor, reorder the line, hide
// itself or run off the screen. Pure functions.
#pragma once

#include <string>
#include <string_view>

namespace pcg::pairing {

struct DisplayName {
    std::string text;           // printable UTF-8, one line, at most 64 characters; never empty
    bool altered = false;       // something was taken out or cut off
    bool mixedScripts = false;  // Latin beside Cyrillic or Greek look-alikes: say so beside it
};

// Takes out controls, escapes, bidirectional marks, zero-width and invisible characters,
// private-use and unassigned-by-design code points; octets that are not UTF-8 become U+FFFD; runs
// of blanks become one; at most two combining marks stay on a character.
DisplayName displayName(std::string_view text);

}  // namespace pcg::pairing
