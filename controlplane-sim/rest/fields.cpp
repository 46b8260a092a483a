// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/rest/fields.h"

#include "common/base/text.h"
#include "common/codec/name_rule.h"

#include <algorithm>

namespace pcg::controlplane::rest {
namespace {

std::string joined(const std::vector<std::string>& words) {
    std::string list;
    for (const auto& word : words) list += (list.empty() ? "" : ", ") + word;
    return list;
}

}  // namespace

std::string Fields::pathOf(std::string_view name) const {
    return path_.empty() ? std::string(name) : path_ + "." + std::string(name);
}

template <class T>
Checked<T> Fields::named(std::string_view name, Result<T> value) const {
    if (!value) return refuseField(pathOf(name), value.error().message());
    return std::move(*value);
}

Checked<> Fields::only(const std::vector<std::string>& known) const {
    for (const auto& member : object_->members()) {
        if (std::find(known.begin(), known.end(), member.name) != known.end()) continue;
        const auto shown = member.name.substr(0, 64);
        const auto meant = didYouMean(shown, known);
        return refuseField(
            pathOf(shown),
            "There is no field \"" + pathOf(shown) + "\" here" +
                (meant ? "; did you mean \"" + *meant + "\"?"
                       : "; there " + std::string(known.size() == 1 ? "is: " : "are: ") +
                             (known.empty() ? "none" : joined(known)) + "."));
    }
    return {};
}

Checked<std::string> Fields::string(std::string_view name, std::size_t maxBytes) const {
    return named(name, object_->string(name, maxBytes));
}

Checked<std::optional<std::string>> Fields::optionalString(std::string_view name,
                                                           std::size_t maxBytes) const {
    return named(name, object_->optionalString(name, maxBytes));
}

Checked<std::int64_t> Fields::integer(std::string_view name,
                                      std::int64_t min,
                                      std::int64_t max) const {
    return named(name, object_->integer(name, min, max));
}

Checked<std::optional<std::int64_t>> Fields::optionalInteger(std::string_view name,
                                                             std::int64_t min,
                                                             std::int64_t max) const {
    return named(name, object_->optionalInteger(name, min, max));
}

Checked<bool> Fields::booleanOr(std::string_view name, bool fallback) const {
    return named(name, object_->booleanOr(name, fallback));
}

Checked<std::vector<std::string>> Fields::strings(std::string_view name,
                                                  std::size_t maxItems,
                                                  std::size_t maxBytesEach) const {
    return named(name, object_->strings(name, maxItems, maxBytesEach));
}

Checked<Fields> Fields::object(std::string_view name) const {
    const auto* inner = PCG_TRY(named(name, object_->object(name)));
    return Fields(*inner, pathOf(name));
}

Checked<std::string> Fields::name(std::string_view name) const {
    // Beyond the rule's own limit, so that the rule says what is wrong; bounded by the body anyway.
    const auto text = PCG_TRY(string(name, 64 * 1024));
    auto parsed = codec::parseName(text);
    if (!parsed) return refuseField(pathOf(name), parsed.error().message());
    return std::move(*parsed);
}

Checked<std::string> Fields::oneOf(std::string_view name,
                                   const std::vector<std::string>& words) const {
    auto word = PCG_TRY(string(name, 64 * 1024));
    if (std::find(words.begin(), words.end(), word) != words.end()) return word;
    const auto meant = didYouMean(word.substr(0, 64), words);
    return refuseField(pathOf(name),
                       "\"" + pathOf(name) + "\" must be one of " + joined(words) +
                           (meant ? "; did you mean " + *meant + "?" : "."));
}

}  // namespace pcg::controlplane::rest
