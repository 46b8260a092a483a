// SPDX-License-Identifier: Apache-2.0
#include "common/base/percent.h"

#include "common/base/bytes.h"

namespace pcg {

std::optional<std::string> percentDecode(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        const auto octet = fromHex(text.substr(i + 1, 2));
        if (!octet || octet->size() != 1) return std::nullopt;
        out += static_cast<char>(octet->front());
        i += 2;
    }
    return out;
}

}  // namespace pcg
