// SPDX-License-Identifier: Apache-2.0
// The one error value of the project. Exceptions stop at the adapter that meets them.
//
// An error belongs to one of two classes that a caller may meet. *Weather* is the network, the
// peer, the disk: retry, back off, say so. *Input* is somebody's mistake: say which field, why, and
// what would do. The third class, a bug, is never an Error: PCG_ASSERT stops the process where it
// is.
#pragma once

#include <string>
#include <string_view>

namespace pcg {

enum class ErrorClass { Weather, Input };

// A stable dotted name ("pairing.code_length"). It is what tests, logs and the API compare; the
// message beside it is for people and may be reworded. Always a string literal.
class ErrorCode {
  public:
    template <std::size_t N>
    consteval ErrorCode(ErrorClass kind, const char (&name)[N]) : kind_(kind), name_(name, N - 1) {}

    constexpr ErrorClass kind() const { return kind_; }

    constexpr std::string_view name() const { return name_; }

    friend constexpr bool operator==(const ErrorCode& a, const ErrorCode& b) {
        return a.name_ == b.name_;
    }

  private:
    ErrorClass kind_;
    std::string_view name_;
};

class Error {
  public:
    // `message` is a sentence for a person: what happened, to what, and what to do next.
    Error(ErrorCode code, std::string message) : code_(code), message_(std::move(message)) {}

    const ErrorCode& code() const { return code_; }

    bool is(const ErrorCode& code) const { return code_ == code; }

    bool isInput() const { return code_.kind() == ErrorClass::Input; }

    const std::string& message() const { return message_; }

    // Prepends where it happened: "registering endpoint vc1: connecting to ...".
    Error context(std::string_view where) && {
        message_.insert(0, std::string(where) + ": ");
        return std::move(*this);
    }

  private:
    ErrorCode code_;
    std::string message_;
};

}  // namespace pcg
