// SPDX-License-Identifier: Apache-2.0
#include "appliance/firstboot/console_font.h"

#include <array>
#include <string_view>

#include <fcntl.h>
#include <linux/kd.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace pcg::appliance {
namespace {

constexpr std::string_view kFont = "TER16x32";  // CONFIG_FONT_TER16x32, lib/fonts in the kernel
constexpr int kLeastColumns = 160;              // of the font that it starts with, 8x16
constexpr int kLeastRows = 48;

bool takeFont(int console) {
    winsize size{};
    if (::ioctl(console, TIOCGWINSZ, &size) != 0) return false;
    if (size.ws_col < kLeastColumns || size.ws_row < kLeastRows) return true;
    std::array<unsigned char, 32> name{};  // MAX_FONT_NAME there
    kFont.copy(reinterpret_cast<char*>(name.data()), name.size() - 1);
    console_font_op wish{};
    wish.op = KD_FONT_OP_SET_DEFAULT;
    wish.data = name.data();
    return ::ioctl(console, KDFONTOP, &wish) == 0;
}

}  // namespace

bool enlargeFont(const std::string& device) {
    const int console = ::open(device.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (console < 0) return false;
    const bool good = takeFont(console);
    ::close(console);
    return good;
}

}  // namespace pcg::appliance
