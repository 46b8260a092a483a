// SPDX-License-Identifier: Apache-2.0
#include "common/codec/code_points.h"

namespace pcg::codec {
namespace {

bool in(char32_t c, char32_t first, char32_t last) { return c >= first && c <= last; }

}  // namespace

bool isBlank(char32_t c) {
    return c == U' ' || in(c, U'\t', U'\r') || c == 0x85 || c == 0xa0 || c == 0x1680 ||
           in(c, 0x2000, 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f ||
           c == 0x3000;
}

bool isHidden(char32_t c) {
    return c < 0x20 || in(c, 0x7f, 0x9f) || c == 0xad || c == 0x034f || in(c, 0x0600, 0x0605) ||
           c == 0x061c || c == 0x06dd || c == 0x070f || in(c, 0x115f, 0x1160) ||
           in(c, 0x17b4, 0x17b5) || in(c, 0x180b, 0x180f) || in(c, 0x200b, 0x200f) ||
           in(c, 0x202a, 0x202e) || in(c, 0x2060, 0x206f) || c == 0x2800 || c == 0x3164 ||
           in(c, 0xe000, 0xf8ff) || in(c, 0xfdd0, 0xfdef) || in(c, 0xfe00, 0xfe0f) || c == 0xfeff ||
           c == 0xffa0 || in(c, 0xfff0, 0xfffb) || in(c, 0x110bd, 0x110cd) ||
           in(c, 0x13430, 0x1343f) || in(c, 0x1bca0, 0x1bca3) || in(c, 0x1d173, 0x1d17a) ||
           c >= 0xe0000 || (c & 0xfffe) == 0xfffe;
}

bool isMark(char32_t c) {
    return in(c, 0x0300, 0x036f) || in(c, 0x0483, 0x0489) || in(c, 0x1ab0, 0x1aff) ||
           in(c, 0x1dc0, 0x1dff) || in(c, 0x20d0, 0x20ff) || in(c, 0xfe20, 0xfe2f);
}

}  // namespace pcg::codec
