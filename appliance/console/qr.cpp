// SPDX-License-Identifier: Apache-2.0
#include "appliance/console/qr.h"

#include <memory>

#include <qrencode.h>

namespace pcg::appliance {
namespace {

struct FreeCode {
    void operator()(QRcode* code) const noexcept { QRcode_free(code); }
};

constexpr int kQuiet = 2;

// Outside of the code everything is light.
bool isDark(const QRcode& code, int x, int y) {
    if (x < 0 || y < 0 || x >= code.width || y >= code.width) return false;
    return (code.data[y * code.width + x] & 1) != 0;
}

}  // namespace

QrCode qrCode(std::string_view text, std::size_t mostRows) {
    QrCode out;
    if (text.empty() || text.size() > 200) return out;
    const std::string terminated(text);
    const std::unique_ptr<QRcode, FreeCode> code(
        QRcode_encodeString(terminated.c_str(), 0, QR_ECLEVEL_L, QR_MODE_8, 1));
    if (!code) return out;
    const int side = code->width + 2 * kQuiet;
    if (static_cast<std::size_t>((side + 1) / 2) > mostRows) return out;
    for (int y = -kQuiet; y < code->width + kQuiet; y += 2) {
        std::string row;
        for (int x = -kQuiet; x < code->width + kQuiet; ++x) {
            const bool upper = !isDark(*code, x, y);
            // Below the last line there is no module to be drawn.
            const bool lower = y + 1 < code->width + kQuiet && !isDark(*code, x, y + 1);
            row += upper && lower ? "\u2588" : upper ? "\u2580" : lower ? "\u2584" : " ";
        }
        out.rows.push_back(std::move(row));
    }
    out.columns = static_cast<std::size_t>(side);
    return out;
}

}  // namespace pcg::appliance
