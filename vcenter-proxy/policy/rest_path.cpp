// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/policy/rest_path.h"

#include "common/base/text.h"

#include <algorithm>
#include <array>
#include <span>
#include <vector>

namespace pcg::policy {
namespace {

using Segments = std::vector<std::string_view>;

constexpr std::string_view kApi = "/api/";
constexpr std::string_view kRest = "/rest/";
constexpr std::string_view kVendor = "com/vmware/";
constexpr std::string_view kId = "id:";

bool fits(std::string_view pattern, std::span<const std::string_view> segments) {
    const auto wanted = split(pattern, '/');
    return wanted.size() == segments.size() &&
           std::equal(wanted.begin(), wanted.end(), segments.begin(), [](auto one, auto given) {
               return one == "*" || one == given;
           });
}

Segments segmentsOf(std::string_view path) {
    if (path.starts_with(kApi)) {
        path.remove_prefix(kApi.size());
    } else if (path.starts_with(kRest)) {
        path.remove_prefix(kRest.size());
        if (path.starts_with(kVendor)) path.remove_prefix(kVendor.size());
    } else if (path.starts_with('/')) {
        path.remove_prefix(1);
    }
    if (path.ends_with('/')) path.remove_suffix(1);
    auto segments = split(path, '/');
    for (auto& one : segments) {
        if (one.starts_with(kId) && one.size() > kId.size()) one.remove_prefix(kId.size());
    }
    return segments;
}

// The library's sessions have another name at each door. Without regard to case: a PULL would else
// be overlooked where a vCenter has none.
void rename(Segments& segments) {
    constexpr std::string_view kItem = "content/library/item";
    if (segments.size() < 4 || !fits(kItem, std::span(segments).first(3))) return;
    if (equalsIgnoreCaseAscii(segments[3], "updatesession")) segments[3] = "update-session";
    if (equalsIgnoreCaseAscii(segments[3], "downloadsession")) segments[3] = "download-session";
}

// /rest has "item/file/id:X" where /api has "item/X/file".
void reorder(Segments& segments) {
    constexpr std::array<std::string_view, 5> kParts{"content/library/item/update-session/file",
                                                     "content/library/item/download-session/file",
                                                     "content/library/item/file",
                                                     "content/library/item/storage",
                                                     "content/library/subscriptions"};
    for (const auto part : kParts) {
        const auto length = static_cast<std::size_t>(std::count(part.begin(), part.end(), '/')) + 1;
        if (segments.size() <= length) continue;
        if (!fits(part, std::span(segments).first(length))) continue;
        if (segments[length] == "**") segments[length] = "{}";
        std::swap(segments[length - 1], segments[length]);
        return;
    }
}

// POSTs whose last segment is what they do.
bool endsInAction(const Segments& segments) {
    constexpr std::array<std::string_view, 7> kActions{"vcenter/vm/*/power/start",
                                                       "vcenter/vm/*/power/stop",
                                                       "vcenter/vm/*/power/reset",
                                                       "vcenter/vm/*/power/suspend",
                                                       "vcenter/vm/*/hardware/action/upgrade",
                                                       "vcenter/vm/*/hardware/*/*/connect",
                                                       "vcenter/vm/*/hardware/*/*/disconnect"};
    return std::any_of(kActions.begin(), kActions.end(), [&](std::string_view one) {
        return fits(one, segments);
    });
}

}  // namespace

RestPath canonicalRest(std::string_view method, std::string_view path) {
    auto segments = segmentsOf(path);
    rename(segments);
    reorder(segments);
    RestPath canonical;
    if ((method == "POST" || method == "*") && endsInAction(segments)) {
        canonical.action = segments.back();
        segments.pop_back();
        if (segments.back() == "action") segments.pop_back();
    }
    canonical.path = kApi;
    for (std::size_t i = 0; i < segments.size(); ++i) {
        if (i > 0) canonical.path += '/';
        canonical.path += segments[i];
    }
    return canonical;
}

}  // namespace pcg::policy
