// SPDX-License-Identifier: Apache-2.0
// Reads a JSON configuration file against a Schema: what is not declared does not load.
//
// Every error names the file, the key and the reason, and what would do. Nothing is half loaded.
// Values only.
#pragma once

#include "common/base/result.h"
#include "common/config/schema.h"

#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <variant>

namespace pcg::config {

// The effective values: from the file, or the default. Asking for a key that is not declared, or as
// another type, is a bug.
class Settings {
  public:
    const std::string& text(
        std::string_view key) const;  // "" when it has neither value nor default
    std::int64_t integer(std::string_view key) const;
    bool boolean(std::string_view key) const;

    // For keys that end in _ms.
    std::chrono::milliseconds milliseconds(std::string_view key) const;

    // Whether the file itself set it.
    bool isSet(std::string_view key) const { return set_.contains(key); }

    // One JSON object, a key a line; masked values as "***".
    std::string print(const Schema& schema) const;

  private:
    friend Result<Settings> parse(const Schema&, std::string_view, std::string_view);

    using Held = std::variant<std::string, std::int64_t, bool>;
    const Held& at(std::string_view key) const;

    std::map<std::string, Held, std::less<>> values_;
    std::map<std::string, bool, std::less<>> set_;
};

// `source` is the name that errors begin with.
Result<Settings> parse(const Schema& schema, std::string_view json, std::string_view source);
Result<Settings> load(const Schema& schema, const std::filesystem::path& file);

// The error that a program makes when it looks closer at a value than the schema does (a URL, a
// path).
Error badValue(std::string_view source, std::string_view key, std::string_view reason);

}  // namespace pcg::config
