// SPDX-License-Identifier: Apache-2.0
// XML 1.0 as plain values: what a peer answered, read whole into a bounded tree, and text made of
// such a tree. For documents that are read to their end before anything is decided (answers); what
// must be judged as it streams by has a parser of its own (the proxy's SoapEnvelope).
//
// Refused: a document type (so no entities of one's own), a processing instruction, an encoding
// other than UTF-8, more octets, elements or depth than the limits. Names lose their prefix; of the
// attributes those in no namespace or the element's own are kept, and xsi:type. Comments are
// dropped. Values, no threads.
#pragma once

#include "common/base/bytes.h"
#include "common/base/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace pcg::xml {

struct Attribute {
    std::string name;
    std::string value;

    friend bool operator==(const Attribute&, const Attribute&) = default;
};

struct Element {
    std::string name;
    std::string type;  // the local part of xsi:type
    std::vector<Attribute> attributes;
    std::string text;  // blank text between children is dropped
    std::vector<Element> children;

    // The first of that name; nullptr if there is none.
    const Element* child(std::string_view childName) const;

    // "a/b/c", from here downwards.
    const Element* at(std::string_view path) const;

    // The text at that path; empty if it is not there.
    std::string_view textAt(std::string_view path) const;

    std::string_view attribute(std::string_view attributeName) const;

    friend bool operator==(const Element&, const Element&) = default;
};

struct Limits {
    ByteCount bytes = 8_MiB;
    std::size_t depth = 64;
    std::size_t elements = 200'000;
};

// xml.not_xml, xml.too_large
Result<Element> parse(BytesView document, const Limits& limits = {});

// Compact, without a declaration. "xsi" must be bound by whoever embeds it.
void append(std::string& to, const Element& element);
std::string write(const Element& element);

// Escapes <, >, &, " and what XML cannot hold at all (controls) becomes U+FFFD. `text` is UTF-8.
void appendEscaped(std::string& to, std::string_view text);
std::string escaped(std::string_view text);

}  // namespace pcg::xml
