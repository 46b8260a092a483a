// SPDX-License-Identifier: Apache-2.0
#include "common/base/json_text.h"

#include <cstdio>

namespace pcg {

void appendJsonEscaped(std::string& out, std::string_view text) {
    for (const char c : text) {
        const auto octet = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out.push_back('\\');
            out.push_back(c);
        } else if (octet < 0x20 || octet == 0x7f) {
            char escaped[8];
            std::snprintf(escaped, sizeof escaped, "\\u%04x", octet);
            out += escaped;
        } else {
            out.push_back(c);
        }
    }
}

}  // namespace pcg
