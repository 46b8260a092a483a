// SPDX-License-Identifier: Apache-2.0
// A QR code (ISO/IEC 18004, level L) in half blocks, two modules above each other in a character:
// light is drawn, so that it reads on a black screen. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pcg::appliance {

struct QrCode {
    std::size_t columns = 0;
    std::vector<std::string> rows;  // UTF-8, of that many characters each
};

// With a quiet zone of two modules. Nothing in it if `text` is empty, or needs more rows than
// `mostRows`; an address that is longer has its scheme and host in capitals, which mean the same
// and take less room.
QrCode qrCode(std::string_view text, std::size_t mostRows);

}  // namespace pcg::appliance
