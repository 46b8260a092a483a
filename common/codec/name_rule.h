// SPDX-License-Identifier: Apache-2.0
// The one rule for names that people give to things: tenants, gateways, endpoints, keys,
// deployments.
//
// A name is one line of visible text: UTF-8, 1 to 64 characters (a combining mark belongs to the
// character before it) and at most 256 bytes, no blanks at its ends or two in a row, no blank but
// U+0020, no controls, bidirectional overrides, zero-width or invisible characters, at most two
// marks on a character. Whatever obeys it can be shown on a console, in a browser and in a log as
// it is. Pure functions.
#pragma once

#include "common/base/result.h"

#include <string>
#include <string_view>

namespace pcg::codec {

inline constexpr ErrorCode kName{ErrorClass::Input, "codec.name"};
inline constexpr std::size_t kMaxNameBytes = 256;
inline constexpr int kMaxNameCharacters = 64;

// The name without blanks around it (a pasted blank is forgiven); codec.name says what is wrong,
// without repeating the name.
Result<std::string> parseName(std::string_view text);

// Names that stand in URLs and are typed at sign-in: letters, digits and . _ @ + - of ASCII, the
// first one a letter or digit, 1 to 64 of them.
Result<std::string> parseLoginName(std::string_view text);

}  // namespace pcg::codec
