// SPDX-License-Identifier: Apache-2.0
// The one reading of a request's path. What has more than one along a chain of servers is refused.
//
// Decoded once: nobody decodes the result again. Pure functions, any thread.
#pragma once

#include "common/base/result.h"

#include <string>
#include <string_view>

namespace pcg::proxy {

// errc::kBadTarget for dot segments, empty segments, path parameters (;), raw characters that do
// not belong into a URL, broken escapes, and escapes of slashes, backslashes, dots, percent signs
// and control characters. `path` starts with a slash and has no query; a slash at its end stays.
Result<std::string> canonicalPath(std::string_view path);

// errc::kBadTarget if the query holds what no server reads alike: raw characters outside ASCII,
// blanks, '#', '\', ';'.
Result<> checkQuery(std::string_view query);

// A name or value of a query: escapes and '+' decoded. errc::kBadTarget for a broken escape or a
// control character.
Result<std::string> decodeQueryText(std::string_view text);

}  // namespace pcg::proxy
