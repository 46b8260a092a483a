// SPDX-License-Identifier: Apache-2.0
// What a request to the vCenter's REST interface asks for, in one form whatever the client wrote.
//
// Two doors lead to the same house: /rest/com/vmware/cis/tagging/tag and /api/cis/tagging/tag, with
// ?~action=list at one and ?action=list at the other. The policy sees "cis/tagging/tag" and "list".
// Each door has its own spelling, because the vCenter passes over the other one: below
// /rest/com/vmware it is ~action, elsewhere below /rest either (services differ), at /api action.
// Source: vSphere Automation API reference; govmomi's vapi/rest. Pure functions, any thread.
#pragma once

#include "common/base/result.h"
#include "common/http/message.h"

#include <string>
#include <string_view>

namespace pcg::proxy {

enum class RestDoor { Rest, Api };

struct RestCall {
    RestDoor door = RestDoor::Rest;
    std::string method;       // GET, HEAD, POST, PUT, PATCH or DELETE
    std::string path;         // canonical (policy/rest_path.h), below the door; "session"
    std::string action = {};  // "list-attached-tags"; empty: none
    bool sure = true;         // the action is spelled so that the vCenter cannot pass over it

    // The session itself: POST logs in, GET (or the action get) shows it, DELETE ends it.
    bool isSession() const { return path == kSession; }

    bool isLogin() const { return isSession() && method == "POST" && action.empty(); }

    bool isLogout() const { return isSession() && method == "DELETE"; }

    // Its answer may name the host and the path of a transfer (content library).
    bool namesTransfers() const;

    static constexpr std::string_view kSession = "session";
};

// Whether a path (decoded) is behind one of the two doors.
bool isRestPath(std::string_view decoded_path);

// Whether it is one under which the content library moves the octets of files: what comes in and
// goes out there is not read.
bool isLibraryDataPath(std::string_view decoded_path);

// What a rule about files calls such a path: "cls/data/...".
std::string libraryDataName(std::string_view decoded_path);

// errc::kBadTarget for two actions, one that is not a word, or one in the other door's spelling;
// errc::kMethodDenied for a method that REST does not have. `decoded_path` is canonicalPath() of
// the head's path.
Result<RestCall> parseRestCall(const http::RequestHead& head, std::string_view decoded_path);

}  // namespace pcg::proxy
