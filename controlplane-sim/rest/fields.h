// SPDX-License-Identifier: Apache-2.0
// The members of a request body, read strictly; a refusal names the member by its path. A view: the
// object must outlive it.
#pragma once

#include "common/codec/json.h"
#include "controlplane-sim/rest/refusal.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace pcg::controlplane::rest {

class Fields {
  public:
    explicit Fields(const codec::json::Object& object, std::string path = {})
        : object_(&object), path_(std::move(path)) {}

    // Call it first: a member that is not known is a mistake, and often a misspelt one.
    Checked<> only(const std::vector<std::string>& known) const;

    bool has(std::string_view name) const { return object_->has(name); }

    // For a domain that reads the whole of it by itself.
    const codec::json::Object& whole() const { return *object_; }

    Checked<std::string> string(std::string_view name, std::size_t maxBytes) const;
    Checked<std::optional<std::string>> optionalString(std::string_view name,
                                                       std::size_t maxBytes) const;
    Checked<std::int64_t> integer(std::string_view name, std::int64_t min, std::int64_t max) const;
    Checked<std::optional<std::int64_t>> optionalInteger(std::string_view name,
                                                         std::int64_t min,
                                                         std::int64_t max) const;
    Checked<bool> booleanOr(std::string_view name, bool fallback) const;
    Checked<std::vector<std::string>> strings(std::string_view name,
                                              std::size_t maxItems,
                                              std::size_t maxBytesEach) const;
    Checked<Fields> object(std::string_view name) const;

    // The name rule (common/codec/name_rule.h), the one place where names are judged.
    Checked<std::string> name(std::string_view name) const;

    // A word of a closed list.
    Checked<std::string> oneOf(std::string_view name, const std::vector<std::string>& words) const;

    // fields.parsed("gateway_id", 64, wire::parseGatewayId): a Result<T> of the domain.
    template <class Parser>
    auto parsed(std::string_view name, std::size_t maxBytes, Parser&& parser) const
        -> Checked<typename std::invoke_result_t<Parser, std::string>::value_type> {
        auto value = parser(PCG_TRY(string(name, maxBytes)));
        if (!value) return refuseField(pathOf(name), value.error().message());
        return std::move(*value);
    }

    std::string pathOf(std::string_view name) const;

  private:
    template <class T>
    Checked<T> named(std::string_view name, Result<T> value) const;

    const codec::json::Object* object_;
    std::string path_;
};

}  // namespace pcg::controlplane::rest
