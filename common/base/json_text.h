// SPDX-License-Identifier: Apache-2.0
// Text inside a JSON string (RFC 8259 section 7): the one place that knows what must be escaped.
// For those who write a line of JSON without a document behind it; documents are codec::json's.
#pragma once

#include <string>
#include <string_view>

namespace pcg {

// Without the quotes around it. Octets from 0x80 on pass as they are: whoever must not emit broken
// UTF-8 repairs the text first.
void appendJsonEscaped(std::string& out, std::string_view text);

}  // namespace pcg
