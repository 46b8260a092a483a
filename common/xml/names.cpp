// SPDX-License-Identifier: Apache-2.0
#include "common/xml/names.h"

#include <algorithm>

namespace pcg::xml {

Name splitName(std::string_view expanded) {
    const auto at = expanded.rfind(kNameSeparator);
    if (at == std::string_view::npos) return {{}, expanded};
    return {expanded.substr(0, at), expanded.substr(at + 1)};
}

bool isBlank(std::string_view text) {
    return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

bool looksWide(BytesView first) {
    return std::any_of(first.begin(), first.end(), [](std::uint8_t octet) {
        return octet == 0x00 || octet == 0xfe || octet == 0xff;
    });
}

}  // namespace pcg::xml
