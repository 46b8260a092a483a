// SPDX-License-Identifier: Apache-2.0
#include "common/oauth/form.h"

#include "common/base/bytes.h"
#include "common/base/percent.h"
#include "common/base/text.h"
#include "common/oauth/errc.h"

#include <algorithm>

namespace pcg::oauth {
namespace {

tl::unexpected<Error> bad(std::string why) { return fail(errc::kBadForm, std::move(why)); }

bool isUnreserved(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

std::optional<std::string> decodePlus(std::string_view text) {
    std::string blanks(text);
    std::replace(blanks.begin(), blanks.end(), '+', ' ');
    return percentDecode(blanks);
}

std::string_view nameOf(std::string_view pair) { return pair.substr(0, pair.find('=')); }

std::string_view valueOf(std::string_view pair) {
    const auto equals = pair.find('=');
    return equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
}

}  // namespace

std::string percentEncode(std::string_view text) {
    constexpr std::string_view kHex = "0123456789ABCDEF";
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        if (isUnreserved(c)) {
            out += c;
            continue;
        }
        const auto octet = static_cast<std::uint8_t>(c);
        out += '%';
        out += kHex[octet >> 4];
        out += kHex[octet & 15];
    }
    return out;
}

Result<Parameters> parseForm(std::string_view text) {
    Parameters parameters;
    if (text.find(';') != std::string_view::npos) {
        return bad("a raw ';' separates parameters for some servers; write it as %3B");
    }
    for (const auto pair : split(text, '&')) {
        if (pair.empty()) continue;
        if (parameters.size() == kMostParameters) return bad("there are more than 1000 parameters");
        auto name = decodePlus(nameOf(pair));
        auto value = decodePlus(valueOf(pair));
        if (!name || !value) return bad("a parameter has a broken escape");
        if (name->find('\0') != std::string::npos) return bad("a parameter's name has a NUL");
        if (name->empty()) continue;
        parameters.push_back({std::move(*name), std::move(*value)});
    }
    return parameters;
}

std::string formWithout(std::string_view text, bool (*isUnwanted)(std::string_view name)) {
    std::string kept;
    for (const auto pair : split(text, '&')) {
        if (pair.empty()) continue;
        const auto name = decodePlus(nameOf(pair));
        if (name && isUnwanted(*name)) continue;
        if (!kept.empty()) kept += '&';
        kept += pair;
    }
    return kept;
}

bool isOAuthName(std::string_view name) {
    constexpr std::string_view kPrefix = "oauth_";
    return name.size() >= kPrefix.size() &&
           equalsIgnoreCaseAscii(name.substr(0, kPrefix.size()), kPrefix);
}

const std::string* lastOf(const Parameters& parameters, std::string_view name) {
    const auto found =
        std::find_if(parameters.rbegin(), parameters.rend(), [&](const Parameter& parameter) {
            return parameter.name == name;
        });
    return found == parameters.rend() ? nullptr : &found->value;
}

std::vector<std::string> allOf(const Parameters& parameters, std::string_view name) {
    std::vector<std::string> values;
    for (const auto& parameter : parameters) {
        if (parameter.name == name) values.push_back(parameter.value);
    }
    return values;
}

}  // namespace pcg::oauth
