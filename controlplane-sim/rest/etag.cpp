// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/rest/etag.h"

#include "common/base/text.h"
#include "common/codec/base64url.h"
#include "common/crypto/digest.h"

#include <algorithm>

namespace pcg::controlplane::rest {
namespace {

constexpr std::size_t kMaxTags = 16;
constexpr std::size_t kMaxHeader = 2048;

std::string digestOf(const codec::json::Object& object) {
    const auto digest = crypto::sha256(codec::json::write(object));
    return codec::base64UrlEncode(BytesView(digest).first(12));
}

tl::unexpected<Refusal> badTag(std::string_view header) {
    return refuseField(header,
                       "\"" + std::string(header) +
                           "\" takes the ETag of an answer with its quotes, a list of them, or *.");
}

// The tags with their quotes; a weak one keeps its W/.
std::vector<std::string_view> tagsOf(std::string_view value) {
    std::vector<std::string_view> tags;
    for (const auto piece : split(value, ',')) tags.push_back(trimAscii(piece));
    return tags;
}

bool isStrongTag(std::string_view tag) {
    return tag.size() >= 2 && tag.front() == '"' && tag.back() == '"' &&
           tag.substr(1, tag.size() - 2).find('"') == std::string_view::npos;
}

}  // namespace

Etag::Etag(const codec::json::Object& stored, const codec::json::Object& whole)
    : stored_(digestOf(stored)), whole_(digestOf(whole)) {}

Checked<IfMatch> IfMatch::parse(const http::HeaderList& headers) {
    IfMatch condition;
    const auto* value = headers.find("If-Match");
    if (value == nullptr) return condition;
    condition.given_ = true;
    if (headers.count("If-Match") != 1 || value->size() > kMaxHeader) return badTag("If-Match");
    const auto tags = tagsOf(*value);
    if (tags.size() == 1 && tags.front() == "*") {
        condition.any_ = true;
        return condition;
    }
    if (tags.size() > kMaxTags) return badTag("If-Match");
    for (const auto tag : tags) {
        if (tag.starts_with("W/")) continue;  // RFC 9110 13.1.1: weak tags never match here
        if (!isStrongTag(tag)) return badTag("If-Match");
        const auto inner = tag.substr(1, tag.size() - 2);
        condition.stored_.emplace_back(inner.substr(0, inner.find('.')));
    }
    return condition;
}

Checked<> IfMatch::check(const Etag& current) const {
    if (!given_ || any_) return {};
    const auto found = std::find(stored_.begin(), stored_.end(), current.stored());
    if (found != stored_.end()) return {};
    return refuse(412,
                  "api.stale",
                  "Somebody changed it since you read it: read it again, look at what changed, and "
                  "repeat your change with the new ETag.");
}

bool clientHas(const http::HeaderList& headers, const std::string& etag) {
    const auto* value = headers.find("If-None-Match");
    if (value == nullptr || value->size() > kMaxHeader) return false;
    for (auto tag : tagsOf(*value)) {
        if (tag == "*") return true;
        if (tag.starts_with("W/")) tag.remove_prefix(2);  // the comparison here is the weak one
        if (tag == etag) return true;
    }
    return false;
}

}  // namespace pcg::controlplane::rest
