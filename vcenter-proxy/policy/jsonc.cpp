// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/policy/jsonc.h"

#include "common/codec/utf8.h"

#include <algorithm>
#include <charconv>

namespace pcg::policy {
namespace {

bool isDigit(char c) { return c >= '0' && c <= '9'; }

bool isWordCharacter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || isDigit(c) || c == '_';
}

class Parser {
  public:
    explicit Parser(std::string_view text) : text_(text) {}

    bool parse(Node& root);

    Problem takeProblem() { return std::move(problem_); }

  private:
    // Each returns false after it has said why in problem_.
    bool value(Node& node, std::size_t depth);
    bool object(Node& node, std::size_t depth);
    bool array(Node& node, std::size_t depth);
    bool string(std::string& into);
    bool escape(std::string& into);
    bool codeUnit(char32_t& unit);
    bool number(Node& node);
    bool word(Node& node);
    bool blanks();
    bool comment();
    bool between(char close, std::string_view what, bool& more);

    bool fail(std::string why) { return failAt(place_, std::move(why)); }

    bool failAt(Place at, std::string why) {
        problem_ = {Problem::Gravity::Error, at, std::move(why)};
        return false;
    }

    bool ended() const { return at_ >= text_.size(); }

    char peek() const { return ended() ? '\0' : text_[at_]; }

    void take();

    std::string_view text_;
    std::size_t at_ = 0;
    std::size_t nodes_ = 0;
    Place place_;
    Problem problem_;
};

void Parser::take() {
    const char c = text_[at_++];
    if (c == '\n') {
        ++place_.line;
        place_.column = 1;
    } else if ((static_cast<unsigned char>(c) & 0xc0) != 0x80) {
        ++place_.column;  // not within a character of several octets
    }
}

bool Parser::comment() {
    const Place began = place_;
    take();
    if (peek() == '/') {
        while (!ended() && peek() != '\n') take();
        return true;
    }
    if (peek() != '*') return failAt(began, "a comment begins with // or /*");
    take();
    while (!ended()) {
        const char c = peek();
        take();
        if (c == '*' && peek() == '/') {
            take();
            return true;
        }
    }
    return failAt(began, "this comment does not end; close it with */");
}

bool Parser::blanks() {
    while (!ended()) {
        const char c = peek();
        if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
            take();
        } else if (c == '/') {
            if (!comment()) return false;
        } else {
            break;
        }
    }
    return true;
}

bool Parser::codeUnit(char32_t& unit) {
    unit = 0;
    for (int i = 0; i < 4; ++i) {
        const char c = peek();
        const int digit = isDigit(c)               ? c - '0'
                          : (c >= 'a' && c <= 'f') ? c - 'a' + 10
                          : (c >= 'A' && c <= 'F') ? c - 'A' + 10
                                                   : -1;
        if (digit < 0) return fail("\\u needs four hex digits");
        unit = unit * 16 + static_cast<char32_t>(digit);
        take();
    }
    return true;
}

bool Parser::escape(std::string& into) {
    constexpr std::string_view kFrom = "\"\\/bfnrt";
    constexpr std::string_view kTo = "\"\\/\b\f\n\r\t";
    const char c = peek();
    if (const auto found = kFrom.find(c); !ended() && found != std::string_view::npos) {
        into += kTo[found];
        take();
        return true;
    }
    if (c != 'u') return fail("a string has \\ before something that needs none");
    take();
    char32_t unit = 0;
    if (!codeUnit(unit)) return false;
    if (unit >= 0xd800 && unit < 0xe000) {
        char32_t low = 0;
        const bool paired = unit < 0xdc00 && text_.substr(at_).starts_with("\\u");
        if (!paired) return fail("a string has half of a surrogate pair");
        take();
        take();
        if (!codeUnit(low)) return false;
        if (low < 0xdc00 || low >= 0xe000) return fail("a string has half of a surrogate pair");
        unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
    }
    codec::appendCodePoint(into, unit);
    return true;
}

bool Parser::string(std::string& into) {
    const Place began = place_;
    take();
    while (true) {
        if (ended() || peek() == '\n') return failAt(began, "this string does not end");
        const char c = peek();
        if (static_cast<unsigned char>(c) < 0x20) return fail("a string has a control character");
        if (into.size() > kMaxText) return failAt(began, "this string is longer than 1024 octets");
        take();
        if (c == '"') return true;
        if (c != '\\') {
            into += c;
        } else if (!escape(into)) {
            return false;
        }
    }
}

bool Parser::number(Node& node) {
    const std::size_t begin = at_;
    if (peek() == '-') take();
    while (isDigit(peek())) take();
    const bool whole = peek() != '.' && peek() != 'e' && peek() != 'E';
    const auto digits = text_.substr(begin, at_ - begin);
    const auto bare = digits.starts_with('-') ? digits.substr(1) : digits;
    std::int64_t parsed = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), parsed);
    const bool padded = bare.size() > 1 && bare.front() == '0';
    if (!whole || padded || error != std::errc() || end != digits.data() + digits.size()) {
        return failAt(node.at, "numbers here are whole, like 12");
    }
    node.data = parsed;
    return true;
}

bool Parser::word(Node& node) {
    const std::size_t begin = at_;
    while (!ended() && isWordCharacter(peek())) take();
    const auto found = text_.substr(begin, at_ - begin);
    if (found == "true" || found == "false") {
        node.data = found == "true";
        return true;
    }
    if (found == "null") return true;
    if (found.empty()) return fail("a value is expected here");
    return failAt(node.at,
                  "\"" + std::string(found.substr(0, 32)) + "\" must stand in double quotes");
}

// What follows an item: a comma and another one, or the end. `more` says which.
bool Parser::between(char close, std::string_view what, bool& more) {
    if (!blanks()) return false;
    more = peek() == ',';
    if (more) {
        const Place comma = place_;
        take();
        if (!blanks()) return false;
        if (peek() == close) {
            return failAt(comma, "there must be no comma before the end of " + std::string(what));
        }
        return true;
    }
    if (ended() || peek() != close) {
        return fail("a comma or the end of " + std::string(what) + " is expected here");
    }
    take();
    return true;
}

bool Parser::object(Node& node, std::size_t depth) {
    auto& members = node.data.emplace<Node::Object>();
    take();
    if (!blanks()) return false;
    if (peek() == '}') {
        take();
        return true;
    }
    for (bool more = true; more;) {
        Member member;
        member.at = place_;
        if (peek() != '"') return fail("the name of a member is expected here, in double quotes");
        if (!string(member.name) || !blanks()) return false;
        const bool twice = std::any_of(members.begin(), members.end(), [&](const Member& other) {
            return other.name == member.name;
        });
        if (twice) return failAt(member.at, "\"" + member.name + "\" is there twice");
        if (peek() != ':') return fail("a colon is expected after \"" + member.name + "\"");
        take();
        if (!value(member.value, depth + 1)) return false;
        members.push_back(std::move(member));
        if (members.size() > 512) return failAt(node.at, "an object has more than 512 members");
        if (!between('}', "the object", more)) return false;
    }
    return true;
}

bool Parser::array(Node& node, std::size_t depth) {
    auto& items = node.data.emplace<Node::Array>();
    take();
    if (!blanks()) return false;
    if (peek() == ']') {
        take();
        return true;
    }
    for (bool more = true; more;) {
        if (!value(items.emplace_back(), depth + 1)) return false;
        if (!between(']', "the list", more)) return false;
    }
    return true;
}

bool Parser::value(Node& node, std::size_t depth) {
    if (!blanks()) return false;
    node.at = place_;
    if (depth > kMaxDepth) return fail("this nests deeper than 16 levels");
    if (++nodes_ > kMaxNodes) return fail("the file has more than 20,000 values");
    const char c = peek();
    if (c == '{') return object(node, depth);
    if (c == '[') return array(node, depth);
    if (c == '"') return string(node.data.emplace<std::string>());
    if (c == '-' || isDigit(c)) return number(node);
    return word(node);
}

bool Parser::parse(Node& root) {
    if (text_.size() > kMaxBytes) return fail("the file is longer than 128 KiB");
    if (!codec::isUtf8(text_)) return fail("the file is not UTF-8");
    if (!value(root, 0) || !blanks()) return false;
    return ended() || fail("something stands behind the end of the value");
}

}  // namespace

std::string toText(const Problem& problem) {
    return std::to_string(problem.at.line) + ":" + std::to_string(problem.at.column) + ": " +
           (problem.isError() ? "error: " : "warning: ") + problem.text;
}

std::string_view Node::kindName() const {
    constexpr std::string_view kNames[]{
        "null", "true or false", "a number", "a string", "a list", "an object"};
    return kNames[data.index()];
}

tl::expected<Node, Problem> parseJsonc(std::string_view text) {
    Parser parser(text);
    Node root;
    if (!parser.parse(root)) return tl::unexpected(parser.takeProblem());
    return root;
}

}  // namespace pcg::policy
