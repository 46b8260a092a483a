// SPDX-License-Identifier: Apache-2.0
// Names that cannot be mixed up: a TenantId is not a GatewayId although both are text.
#pragma once

#include <compare>
#include <functional>
#include <string>
#include <string_view>

namespace pcg {

// struct TenantTag { static constexpr std::string_view kPrefix = "tn_"; };  using TenantId =
// Id<TenantTag>; Holding an Id that was parsed is the proof that it is well formed; see wire/ids.h
// for the parsers.
template <class Tag>
class Id {
  public:
    static Id unchecked(std::string text) { return Id(std::move(text)); }

    const std::string& text() const { return text_; }

    friend auto operator<=>(const Id&, const Id&) = default;

  private:
    explicit Id(std::string text) : text_(std::move(text)) {}

    std::string text_;
};

}  // namespace pcg

// Of a type of our own, as the standard allows.
template <class Tag>
struct std::hash<pcg::Id<Tag>> {  // NOLINT(cert-dcl58-cpp)

    std::size_t operator()(const pcg::Id<Tag>& id) const noexcept {
        return std::hash<std::string>{}(id.text());
    }
};
