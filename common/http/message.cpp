// SPDX-License-Identifier: Apache-2.0
#include "common/http/message.h"

#include "common/base/text.h"

#include <algorithm>

namespace pcg::http {

void HeaderList::add(std::string name, std::string value) {
    headers_.push_back({std::move(name), std::move(value)});
}

void HeaderList::set(std::string_view name, std::string value) {
    remove(name);
    headers_.push_back({std::string(name), std::move(value)});
}

void HeaderList::remove(std::string_view name) {
    std::erase_if(headers_,
                  [&](const Header& header) { return equalsIgnoreCaseAscii(header.name, name); });
}

const std::string* HeaderList::find(std::string_view name) const {
    const auto found = std::find_if(headers_.begin(), headers_.end(), [&](const Header& header) {
        return equalsIgnoreCaseAscii(header.name, name);
    });
    return found == headers_.end() ? nullptr : &found->value;
}

std::size_t HeaderList::count(std::string_view name) const {
    return static_cast<std::size_t>(
        std::count_if(headers_.begin(), headers_.end(), [&](const Header& header) {
            return equalsIgnoreCaseAscii(header.name, name);
        }));
}

}  // namespace pcg::http
