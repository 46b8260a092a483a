// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/rest/page.h"

#include "common/base/text.h"
#include "common/codec/base64url.h"
#include "common/codec/utf8.h"
#include "common/http/router.h"

namespace pcg::controlplane::rest {
namespace {

constexpr std::size_t kMaxCursor = 2048;
constexpr char kSeparator = '\0';

tl::unexpected<Refusal> badCursor() {
    return refuseField("cursor",
                       "This cursor is not one of this list: take \"next_cursor\" of the page "
                       "before, or leave it out to begin at the start.");
}

}  // namespace

Checked<PageQuery> PageQuery::parse(std::string_view target,
                                    std::string_view list,
                                    std::size_t parts) {
    PageQuery page;
    if (const auto limit = http::queryParameter(target, "limit"); !limit.empty()) {
        const auto number = parseUnsigned(limit);
        if (!number || *number < 1 || *number > kLargestPage) {
            return refuseField("limit",
                               "\"limit\" must be from 1 to " + std::to_string(kLargestPage) + ".");
        }
        page.limit = static_cast<std::size_t>(*number);
    }
    if (const auto cursor = http::queryParameter(target, "cursor"); !cursor.empty())
        page.after = PCG_TRY(readCursor(cursor, list, parts));
    return page;
}

std::string writeCursor(std::string_view list, const std::vector<std::string>& key) {
    std::string text(list);
    for (const auto& part : key) (text += kSeparator) += part;
    return codec::base64UrlEncode(asBytes(text));
}

Checked<std::vector<std::string>> readCursor(std::string_view cursor,
                                             std::string_view list,
                                             std::size_t parts) {
    if (cursor.size() > kMaxCursor) return badCursor();
    const auto bytes = codec::base64UrlDecode(cursor);
    if (!bytes || !codec::isUtf8(asText(*bytes))) return badCursor();
    const auto pieces = split(asText(*bytes), kSeparator);
    if (pieces.size() != parts + 1 || pieces.front() != list) return badCursor();
    std::vector<std::string> key;
    for (std::size_t i = 1; i < pieces.size(); ++i) key.emplace_back(pieces[i]);
    return key;
}

codec::json::Object pageBody(codec::json::Array items, const std::optional<std::string>& next) {
    codec::json::Object body;
    body.set("items", std::move(items));
    body.set("next_cursor", next ? codec::json::Value(*next) : codec::json::Value());
    return body;
}

}  // namespace pcg::controlplane::rest
