// SPDX-License-Identifier: Apache-2.0
// The keys that a program understands, declared once: loader, --check-config and the documentation
// all come from here, so they cannot tell three stories.
//
// A key whose value has a unit carries it in its name (_ms, _s, _bytes, _count). Plain values.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace pcg::config {

enum class Type { Text, Integer, Boolean, Choice };

enum class Need { Optional, Required };

enum class Show { Plain, Masked };  // Masked: --check-config says only that it is set

struct Key {
    std::string_view name;
    Type type = Type::Text;
    std::string_view description;  // one sentence
    std::string_view fallback =
        {};  // the default, as it would be typed; empty text if there is none
    Need need = Need::Optional;
    std::vector<std::string_view> choices = {};  // Type::Choice
    std::int64_t min = std::numeric_limits<std::int64_t>::min();
    std::int64_t max = std::numeric_limits<std::int64_t>::max();
    Show show = Show::Plain;
};

class Schema {
  public:
    // A default that its own key would refuse is a bug.
    explicit Schema(std::vector<Key> keys);

    const std::vector<Key>& keys() const { return keys_; }

    const Key* find(std::string_view name) const;
    std::vector<std::string> names() const;

    // A Markdown table: key, type, default, meaning.
    std::string markdown() const;

  private:
    std::vector<Key> keys_;
};

}  // namespace pcg::config
