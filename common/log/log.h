// SPDX-License-Identifier: Apache-2.0
// Log events, not prose: a stable dotted event name, then typed fields, one JSON object a line on
// stderr.
//
//   log_.warn("proxy.denied", {{"request_id", id}, {"reason", reason}});
//
// Levels: critical = cannot serve; error = we answered 5xx; warn = the peer's fault or odd; info =
// the golden path; debug = the rest. Thread-safe; a line is written with one write(2). A Secret
// does not compile here.
#pragma once

#include "common/base/error.h"
#include "common/base/secret.h"

#include <chrono>
#include <concepts>
#include <initializer_list>
#include <string>
#include <string_view>

namespace pcg::log {

enum class Level { Debug, Info, Warn, Error, Critical };

class Field {
  public:
    Field(std::string_view name, std::string_view text) : name_(name), json_(quote(text)) {}

    Field(std::string_view name, const char* text) : Field(name, std::string_view(text)) {}

    Field(std::string_view name, const std::string& text) : Field(name, std::string_view(text)) {}

    template <std::integral T>
    Field(std::string_view name, T number) : name_(name), json_(std::to_string(number)) {}

    Field(std::string_view name, bool value) : name_(name), json_(value ? "true" : "false") {}

    Field(std::string_view name, double number) : name_(name), json_(std::to_string(number)) {}

    Field(std::string_view name, std::chrono::milliseconds duration)
        : Field(name, duration.count()) {}

    Field(std::string_view name, const Secret&) = delete;

    std::string_view name() const { return name_; }

    const std::string& json() const { return json_; }

  private:
    static std::string quote(std::string_view text);

    std::string_view name_;
    std::string json_;
};

using Fields = std::initializer_list<Field>;

class Logger {
  public:
    // `component` must outlive the logger: give it a literal.
    explicit constexpr Logger(std::string_view component) : component_(component) {}

    void debug(std::string_view event, Fields fields = {}) const noexcept {
        write(Level::Debug, event, fields);
    }

    void info(std::string_view event, Fields fields = {}) const noexcept {
        write(Level::Info, event, fields);
    }

    void warn(std::string_view event, Fields fields = {}) const noexcept {
        write(Level::Warn, event, fields);
    }

    void error(std::string_view event, Fields fields = {}) const noexcept {
        write(Level::Error, event, fields);
    }

    void critical(std::string_view event, Fields fields = {}) const noexcept {
        write(Level::Critical, event, fields);
    }

    // The fields, then "code" and "message" of the error.
    void failure(Level level,
                 std::string_view event,
                 const Error& error,
                 Fields fields = {}) const noexcept;

  private:
    void write(Level level,
               std::string_view event,
               Fields fields,
               const Error* error = nullptr) const noexcept;

    std::string_view component_;
};

// Process-wide, set by main and by tests. Default: Info, to stderr.
void setLevel(Level level);

// Receives whole lines without the newline, from any thread.
class Sink {
  public:
    virtual ~Sink() = default;
    virtual void line(Level level, std::string_view json) noexcept = 0;
};

// nullptr returns to stderr. Returns the sink that was set before. The sink must outlive its use.
Sink* setSink(Sink* sink);

}  // namespace pcg::log
