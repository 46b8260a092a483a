// SPDX-License-Identifier: Apache-2.0
// The terminal under the screen, through ncurses: keys in, whole pictures out. One at a time in a
// process; one thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "appliance/console/screen.h"

namespace pcg::appliance {

class Terminal {
  public:
    // False: the terminal is of a kind that is not known. The program has set its locale. May be
    // opened again after close().
    static bool open();
    static void close();

    // A key within that time; `gone` when nobody will ever type again.
    static std::optional<Key> key(int milliseconds, bool& gone);

    // Only what differs from the picture before is written, and at once.
    static void draw(const std::vector<std::string>& page);

    // Somebody else wrote here: the next picture is drawn whole.
    static void forgetPicture();
};

}  // namespace pcg::appliance
