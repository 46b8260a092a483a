// SPDX-License-Identifier: Apache-2.0
#include "common/codec/utf8.h"

namespace pcg::codec {
namespace {

struct Lead {
    std::size_t size;
    char32_t bits;
    char32_t smallest;  // below it the form is overlong
};

std::optional<Lead> leadOf(unsigned char octet) {
    if (octet < 0x80) return Lead{1, octet, 0};
    if (octet >= 0xc2 && octet < 0xe0) return Lead{2, octet & 0x1fU, 0x80};
    if (octet >= 0xe0 && octet < 0xf0) return Lead{3, octet & 0x0fU, 0x800};
    if (octet >= 0xf0 && octet < 0xf5) return Lead{4, octet & 0x07U, 0x10000};
    return std::nullopt;
}

}  // namespace

std::optional<char32_t> takeCodePoint(std::string_view& text) {
    if (text.empty()) return std::nullopt;
    const auto lead = leadOf(static_cast<unsigned char>(text.front()));
    if (!lead || text.size() < lead->size) return std::nullopt;
    char32_t point = lead->bits;
    for (std::size_t i = 1; i < lead->size; ++i) {
        const auto octet = static_cast<unsigned char>(text[i]);
        if ((octet & 0xc0) != 0x80) return std::nullopt;
        point = point << 6 | (octet & 0x3fU);
    }
    if (point < lead->smallest || point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) {
        return std::nullopt;
    }
    text.remove_prefix(lead->size);
    return point;
}

void appendCodePoint(std::string& to, char32_t point) {
    const auto tail = [&to, point](int shift) {
        to.push_back(static_cast<char>(0x80U | ((point >> shift) & 0x3fU)));
    };
    if (point < 0x80) {
        to.push_back(static_cast<char>(point));
    } else if (point < 0x800) {
        to.push_back(static_cast<char>(0xc0U | (point >> 6)));
        tail(0);
    } else if (point < 0x10000) {
        to.push_back(static_cast<char>(0xe0U | (point >> 12)));
        tail(6);
        tail(0);
    } else {
        to.push_back(static_cast<char>(0xf0U | (point >> 18)));
        tail(12);
        tail(6);
        tail(0);
    }
}

bool isUtf8(std::string_view text) {
    while (!text.empty()) {
        if (!takeCodePoint(text)) return false;
    }
    return true;
}

std::string repairUtf8(std::string_view text) {
    std::string repaired;
    repaired.reserve(text.size());
    while (!text.empty()) {
        const auto rest = text;
        if (takeCodePoint(text)) {
            repaired += rest.substr(0, rest.size() - text.size());
        } else {
            repaired += "\xef\xbf\xbd";
            text.remove_prefix(1);
        }
    }
    return repaired;
}

}  // namespace pcg::codec
