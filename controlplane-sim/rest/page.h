// SPDX-License-Identifier: Apache-2.0
// Pages of a list: `limit` and `cursor` in the query, `items` and `next_cursor` in the answer.
//
// A cursor is where the page before ended: the values of the list's sort key. It is opaque to
// clients and is checked like any other input; its values only ever become parameters of a
// statement that a TenantScope bounds, so a forged one can but show another page of the same list.
// Values.
#pragma once

#include "common/codec/json.h"
#include "controlplane-sim/rest/refusal.h"

#include <optional>
#include <string>
#include <vector>

namespace pcg::controlplane::rest {

inline constexpr std::size_t kDefaultPage = 50;
inline constexpr std::size_t kLargestPage = 200;

struct PageQuery {
    std::size_t limit = kDefaultPage;
    std::vector<std::string> after;  // the sort key of the last item before; empty: from the start

    // `list` names the list, `parts` is the number of values in its sort key. api.field names
    // `limit` or `cursor`.
    static Checked<PageQuery> parse(std::string_view target,
                                    std::string_view list,
                                    std::size_t parts);
};

std::string writeCursor(std::string_view list, const std::vector<std::string>& key);
Checked<std::vector<std::string>> readCursor(std::string_view cursor,
                                             std::string_view list,
                                             std::size_t parts);

// {"items":[...],"next_cursor":null|"..."}
codec::json::Object pageBody(codec::json::Array items, const std::optional<std::string>& next);

}  // namespace pcg::controlplane::rest
