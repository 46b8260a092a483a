// SPDX-License-Identifier: Apache-2.0
#include "appliance/console/qr.h"

#include <algorithm>
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

struct Encoded {
    std::unique_ptr<QRcode, FreeCode> code;
    int side = 0;  // with the quiet zone

    explicit Encoded(const std::string& text)
        : code(QRcode_encodeString(text.c_str(), 0, QR_ECLEVEL_L, QR_MODE_8, 1)) {
        if (code) side = code->width + 2 * kQuiet;
    }

    bool fits(std::size_t rows) const {
        return code && static_cast<std::size_t>((side + 1) / 2) <= rows;
    }
};

// Scheme and host, which mean the same in capitals (RFC 3986, section 6.2.2.1): these take five and
// a half bits each instead of eight.
std::string withCapitals(std::string text) {
    const auto scheme = text.find("://");
    if (scheme == std::string::npos) return text;
    const auto end = std::min(text.find('/', scheme + 3), text.size());
    for (std::size_t i = 0; i < end; ++i)
        if (text[i] >= 'a' && text[i] <= 'z') text[i] = static_cast<char>(text[i] - 'a' + 'A');
    return text;
}

}  // namespace

QrCode qrCode(std::string_view text, std::size_t mostRows) {
    QrCode out;
    if (text.empty() || text.size() > 200) return out;
    Encoded encoded{std::string(text)};
    if (!encoded.fits(mostRows)) encoded = Encoded(withCapitals(std::string(text)));
    if (!encoded.fits(mostRows)) return out;
    const auto& code = encoded.code;
    const int side = encoded.side;
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
