// SPDX-License-Identifier: Apache-2.0
#include "common/xml/element.h"

#include <algorithm>

namespace pcg::xml {

const Element* Element::child(std::string_view childName) const {
    const auto found = std::find_if(
        children.begin(), children.end(), [&](const Element& e) { return e.name == childName; });
    return found == children.end() ? nullptr : &*found;
}

const Element* Element::at(std::string_view path) const {
    const Element* here = this;
    while (here != nullptr && !path.empty()) {
        const auto slash = path.find('/');
        here = here->child(path.substr(0, slash));
        path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
    }
    return here;
}

std::string_view Element::textAt(std::string_view path) const {
    const auto* found = at(path);
    return found == nullptr ? std::string_view{} : std::string_view(found->text);
}

std::string_view Element::attribute(std::string_view attributeName) const {
    const auto found = std::find_if(attributes.begin(), attributes.end(), [&](const Attribute& a) {
        return a.name == attributeName;
    });
    return found == attributes.end() ? std::string_view{} : std::string_view(found->value);
}

void appendEscaped(std::string& to, std::string_view text) {
    for (const char c : text) {
        switch (c) {
            case '<':
                to += "&lt;";
                break;
            case '>':
                to += "&gt;";
                break;
            case '&':
                to += "&amp;";
                break;
            case '"':
                to += "&quot;";
                break;
            case '\t':
            case '\n':
            case '\r':
                // As references, or a reader would turn them into blanks (attributes) or into
                // line feeds (carriage returns).
                to += "&#" + std::to_string(static_cast<int>(c)) + ";";
                break;
            default:
                if (static_cast<unsigned char>(c) < 0x20)
                    to += "\xEF\xBF\xBD";
                else
                    to += c;
        }
    }
}

std::string escaped(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    appendEscaped(out, text);
    return out;
}

// Depth is bounded by the reader's limit, or by the program that built the tree.
void append(std::string& to, const Element& element) {
    to += "<" + element.name;
    if (!element.type.empty()) {
        to += " xsi:type=\"";
        appendEscaped(to, element.type);
        to += '"';
    }
    for (const auto& attribute : element.attributes) {
        to += " " + attribute.name + "=\"";
        appendEscaped(to, attribute.value);
        to += '"';
    }
    to += '>';
    appendEscaped(to, element.text);
    for (const auto& child : element.children) append(to, child);
    to += "</" + element.name + ">";
}

std::string write(const Element& element) {
    std::string out;
    append(out, element);
    return out;
}

}  // namespace pcg::xml
