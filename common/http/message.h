// SPDX-License-Identifier: Apache-2.0
// HTTP messages as plain values (RFC 9110, RFC 9112). No parser and no socket type is visible here.
#pragma once

#include "common/base/bytes.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pcg::http {

struct Header {
    std::string name;
    std::string value;

    friend bool operator==(const Header&, const Header&) = default;
};

// In order of arrival; names compare without case.
class HeaderList {
  public:
    HeaderList() = default;

    HeaderList(std::initializer_list<Header> headers) : headers_(headers) {}

    void add(std::string name, std::string value);
    void set(std::string_view name, std::string value);  // removes every other of that name
    void remove(std::string_view name);

    // The first value, or nullptr.
    const std::string* find(std::string_view name) const;
    std::size_t count(std::string_view name) const;

    auto begin() const { return headers_.begin(); }

    auto end() const { return headers_.end(); }

    std::size_t size() const { return headers_.size(); }

    friend bool operator==(const HeaderList&, const HeaderList&) = default;

  private:
    std::vector<Header> headers_;
};

// How the body is delimited. The header list never holds Content-Length or Transfer-Encoding:
// framing is set by whoever writes the message, from this value, so a proxy cannot forward somebody
// else's framing.
struct BodyFraming {
    enum class Kind { None, Length, Chunked };
    Kind kind = Kind::None;
    ByteCount length = 0;  // when Kind::Length

    static BodyFraming none() { return {}; }

    static BodyFraming ofLength(ByteCount length) { return {Kind::Length, length}; }

    static BodyFraming chunked() { return {Kind::Chunked, 0}; }

    friend bool operator==(const BodyFraming&, const BodyFraming&) = default;
};

struct RequestHead {
    std::string method;
    std::string target;  // origin form, "/sdk?x=y", exactly as it will be sent
    HeaderList headers;
    BodyFraming body;

    // The target up to '?'.
    std::string_view path() const { return std::string_view(target).substr(0, target.find('?')); }
};

struct ResponseHead {
    int status = 200;
    std::string reason;  // empty: the standard phrase
    HeaderList headers;
    BodyFraming body;
};

}  // namespace pcg::http
