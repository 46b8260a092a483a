// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/endpoint/rest_target.h"

#include "common/base/text.h"
#include "vcenter-proxy/endpoint/canonical_path.h"
#include "vcenter-proxy/errc.h"
#include "vcenter-proxy/policy/rest_path.h"

#include <algorithm>
#include <array>

namespace pcg::proxy {
namespace {

constexpr std::string_view kRestRoot = "/rest/";
constexpr std::string_view kApiRoot = "/api/";
constexpr std::string_view kVendor = "com/vmware/";
constexpr std::array<std::string_view, 6> kMethods{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"};
constexpr std::array<std::string_view, 2> kDataRoots{"/cls/data/", "/rest/com/vmware/cis/data/"};
constexpr std::size_t kActionLimit = 64;

bool isWord(std::string_view text) {
    return !text.empty() && text.size() <= kActionLimit &&
           std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
           });
}

// The session has another name behind each door, and is one thing; nothing else may take its name.
void name(std::string_view decoded_path, std::string_view below_door, RestCall& call) {
    const bool session = call.door == RestDoor::Api ? below_door == RestCall::kSession
                                                    : below_door == "com/vmware/cis/session";
    if (session) {
        call.path = RestCall::kSession;
        return;
    }
    auto canonical = policy::canonicalRest(call.method, decoded_path);
    call.path = canonical.path.substr(kApiRoot.size());
    call.action = std::move(canonical.action);
    if (call.isSession()) call.path.clear();
}

// What a door calls the parameter that names an action; `also` is taken, and no server need look at
// it.
struct Spelling {
    std::string_view own;
    std::string_view also;
};

Spelling spellingAt(RestDoor door, std::string_view below_door) {
    if (door == RestDoor::Api) return {"action", {}};
    return {"~action", below_door.starts_with(kVendor) ? std::string_view() : "action"};
}

// The one action of a query; every other parameter is the vCenter's to understand.
Result<> readAction(std::string_view query, const Spelling& spelling, RestCall& call) {
    if (query.empty()) return {};
    PCG_TRY(checkQuery(query));
    for (const auto pair : split(query, '&')) {
        const auto equals = pair.find('=');
        const auto name = PCG_TRY(decodeQueryText(pair.substr(0, equals)));
        const bool is_action = name == spelling.own || name == spelling.also;
        if (!is_action && name == "~action") {
            return fail(errc::kBadTarget, "an action is named by 'action' at this door");
        }
        if (!is_action && name == "action") {
            return fail(errc::kBadTarget, "an action is named by '~action' at this door");
        }
        if (!is_action && name.starts_with('~')) {
            return fail(errc::kBadTarget, "the query has a control parameter besides ~action");
        }
        const auto raw = equals == std::string_view::npos ? "" : pair.substr(equals + 1);
        auto value = PCG_TRY(decodeQueryText(raw));
        if (!is_action) continue;
        if (!isWord(value)) return fail(errc::kBadTarget, "the action of the query is not a word");
        if (!call.action.empty()) {
            return fail(errc::kBadTarget, "the query names two actions");
        }
        call.action = std::move(value);
        call.sure = name == spelling.own && spelling.also.empty();
    }
    return {};
}

}  // namespace

bool RestCall::namesTransfers() const {
    constexpr std::array<std::string_view, 2> kRoots{"content/library/item/update-session",
                                                     "content/library/item/download-session"};
    return std::any_of(kRoots.begin(), kRoots.end(), [&](std::string_view root) {
        return std::string_view(path).starts_with(root);
    });
}

bool isRestPath(std::string_view decoded_path) {
    return decoded_path.starts_with(kRestRoot) || decoded_path.starts_with(kApiRoot);
}

bool isLibraryDataPath(std::string_view decoded_path) {
    return std::any_of(kDataRoots.begin(), kDataRoots.end(), [&](std::string_view root) {
        return decoded_path.starts_with(root) && decoded_path.size() > root.size();
    });
}

std::string libraryDataName(std::string_view decoded_path) {
    for (const auto root : kDataRoots) {
        if (decoded_path.starts_with(root))
            return "cls/data/" + std::string(decoded_path.substr(root.size()));
    }
    return std::string(decoded_path);
}

Result<RestCall> parseRestCall(const http::RequestHead& head, std::string_view decoded_path) {
    if (std::find(kMethods.begin(), kMethods.end(), head.method) == kMethods.end()) {
        return fail(errc::kMethodDenied, "the method is not open for this path");
    }
    RestCall call;
    call.door = decoded_path.starts_with(kApiRoot) ? RestDoor::Api : RestDoor::Rest;
    call.method = head.method;
    const auto root = call.door == RestDoor::Api ? kApiRoot : kRestRoot;
    const auto below = decoded_path.substr(root.size());
    name(decoded_path, below, call);
    const auto path = head.path();
    const bool has_query = path.size() < head.target.size();
    const auto query =
        has_query ? std::string_view(head.target).substr(path.size() + 1) : std::string_view();
    PCG_TRY(readAction(query, spellingAt(call.door, below), call));
    return call;
}

}  // namespace pcg::proxy
