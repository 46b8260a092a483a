// SPDX-License-Identifier: Apache-2.0
// What the parsers that stand on expat have in common: names in namespaces as expat hands them out,
// and two looks at raw text. Pure functions, any thread.
#pragma once

#include "common/base/bytes.h"

#include <string_view>

namespace pcg::xml {

// What expat is told to put between namespace and local name. It cannot occur in a namespace name:
// expat refuses one that holds it.
inline constexpr char kNameSeparator = '\n';

struct Name {
    std::string_view space;  // empty: in no namespace
    std::string_view local;
};

// Views into `expanded`.
Name splitName(std::string_view expanded);

// Nothing but XML's white space (XML 1.0, production 3).
bool isBlank(std::string_view text);

// Expat takes UTF-16 for what it is by its first octets, although it was told UTF-8. True when one
// of the first kSniffedOctets of a document could make it do so.
inline constexpr std::size_t kSniffedOctets = 4;
bool looksWide(BytesView first);

}  // namespace pcg::xml
