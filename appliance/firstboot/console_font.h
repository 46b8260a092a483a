// SPDX-License-Identifier: Apache-2.0
// Letters that fill the screen: a frame of 80x25 in the middle of a frame buffer of 1280x800 leaves
// three quarters of it black.
#pragma once

#include <string>

namespace pcg::appliance {

// The kernel's own 16x32 font, where it leaves at least 80 columns and 24 rows; else nothing
// happens. Root. False: `device` is no console, or the kernel has no such font.
bool enlargeFont(const std::string& device);

}  // namespace pcg::appliance
