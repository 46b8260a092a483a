// SPDX-License-Identifier: Apache-2.0
// Percent-encoding of octets in URLs and forms (RFC 3986 section 2.1).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pcg {

// Each "%41" becomes its octet, everything else stays what it is, '+' too. Nothing on a broken
// escape. The octets may be anything: the caller says what it takes.
std::optional<std::string> percentDecode(std::string_view text);

}  // namespace pcg
