// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/policy/datastore_text.h"

#include "common/base/bytes.h"
#include "common/base/text.h"

#include <algorithm>
#include <array>

namespace pcg::policy {
namespace {

// Ways to a datastore's files that name it by an id of its own: rules do not know those ids, so
// that they meet a pattern only where somebody wrote just that.
constexpr std::array<std::string_view, 4> kPlainPlaces{
    "ds:", "/vmfs/volumes/", "sanfs://", "vsan://"};

std::string decoded(std::string_view text) {
    std::string plain;
    plain.reserve(text.size());
    for (std::size_t at = 0; at < text.size(); ++at) {
        const auto octet = text[at] == '%' ? fromHex(text.substr(at + 1, 2)) : std::nullopt;
        const bool is_escape = octet && octet->size() == 1;
        plain += is_escape ? static_cast<char>(octet->front()) : text[at] == '+' ? ' ' : text[at];
        if (is_escape) at += 2;
    }
    return plain;
}

bool startsWithIgnoreCase(std::string_view text, std::string_view beginning) {
    return text.size() >= beginning.size() &&
           equalsIgnoreCaseAscii(text.substr(0, beginning.size()), beginning);
}

std::string_view queryOf(std::string_view url) {
    const auto mark = url.find('?');
    return mark == std::string_view::npos ? std::string_view() : url.substr(mark + 1);
}

// Every field counts, however often it comes: which one a vCenter takes is not known.
DatastoreText inUrl(std::string_view url, bool cut) {
    DatastoreText found;
    found.odd = cut;
    for (const auto pair : split(queryOf(url), '&')) {
        const auto equals = pair.find('=');
        if (equals == std::string_view::npos) continue;
        auto value = decoded(pair.substr(equals + 1));
        const auto name = decoded(pair.substr(0, equals));
        if (equalsIgnoreCaseAscii(name, "dsName"))
            found.datastores.push_back(std::move(value));
        else if (equalsIgnoreCaseAscii(name, "dcPath"))
            found.datacenters.push_back(std::move(value));
    }
    return found;
}

}  // namespace

DatastoreText datastoresIn(std::string_view text, bool cut) {
    DatastoreText found;
    if (text.empty() && cut) {
        found.odd = true;
        return found;
    }
    if (startsWithIgnoreCase(text, "http://") || startsWithIgnoreCase(text, "https://"))
        return inUrl(text, cut);
    const bool plain =
        std::any_of(kPlainPlaces.begin(), kPlainPlaces.end(), [&](std::string_view one) {
            return startsWithIgnoreCase(text, one);
        });
    if (plain) {
        found.odd = cut;
        found.datastores.emplace_back(text);
        return found;
    }
    if (!text.starts_with('[')) return found;
    const auto close = text.find(']');
    if (close == std::string_view::npos)
        found.odd = cut;
    else if (!trimAscii(text.substr(1, close - 1)).empty())
        found.datastores.emplace_back(text.substr(1, close - 1));
    else
        found.odd = true;  // "[] /vmfs/volumes/...": by an id that no rule knows
    return found;
}

std::string queryValue(std::string_view query, std::string_view name) {
    for (const auto pair : split(query, '&')) {
        const auto equals = pair.find('=');
        if (equals != std::string_view::npos && pair.substr(0, equals) == name)
            return decoded(pair.substr(equals + 1));
    }
    return {};
}

}  // namespace pcg::policy
