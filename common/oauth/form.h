// SPDX-License-Identifier: Apache-2.0
// Parameters as a query or an application/x-www-form-urlencoded body carries them, read strictly:
// what two servers could understand differently is refused (a broken escape, a raw ';', a NUL).
//
// Bounded: kMostParameters. Pure functions. Sources: WHATWG URL section 5.1, RFC 3986 section 2.
#pragma once

#include "common/base/result.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pcg::oauth {

struct Parameter {
    std::string name;   // decoded
    std::string value;  // decoded

    friend bool operator==(const Parameter&, const Parameter&) = default;
};

using Parameters = std::vector<Parameter>;

inline constexpr std::size_t kMostParameters = 1000;

// "a=1&b=%20+x"; pairs without a name are left out. oauth.bad_form.
Result<Parameters> parseForm(std::string_view text);

// The text without the pairs whose name `isUnwanted`; the others stay octet for octet.
std::string formWithout(std::string_view text, bool (*isUnwanted)(std::string_view name));

// Everything but RFC 3986's unreserved characters, in upper case: RFC 5849 section 3.6.
std::string percentEncode(std::string_view text);

// Whether a name is one of OAuth's own ("oauth_token"), in any case.
bool isOAuthName(std::string_view name);

// The last value under this name, as MAAS (Django) takes it; null if there is none.
const std::string* lastOf(const Parameters& parameters, std::string_view name);

// Every value under this name, in order.
std::vector<std::string> allOf(const Parameters& parameters, std::string_view name);

}  // namespace pcg::oauth
