// SPDX-License-Identifier: Apache-2.0
// A request that somebody keeps: observed, or typed by a person. Values.
#pragma once

#include "common/base/result.h"
#include "vcenter-proxy/policy/ask.h"

#include <string>
#include <string_view>
#include <vector>

namespace pcg::policy {

inline constexpr ErrorCode kBadRequestText{ErrorClass::Input, "policy.request"};

struct OwnedAsk {
    Door door = Door::Soap;
    std::string method;
    std::string object_type;
    std::string object_id;
    std::string path;
    std::string op;
    std::string datastore;
    std::string datacenter = {};
    Arguments arguments = {};
    Fields fields = {};

    // Views into this, as long as it stays where it is.
    Ask view() const;

    // A copy without what is different each time (ids of tasks and sessions) and without values
    // that are nobody's business (of fields that place nothing, digests).
    static OwnedAsk of(const Ask& ask);

    // As a person writes it and reads it, with its arguments: "CloneVM_Task VirtualMachine:vm-7
    // folder=group-v3 name=web-3", "POST /MAAS/api/2.0/machines/ op=allocate pool=pcg",
    // "GET /api/vcenter/vm", "PUT /folder/pcg/a.iso datastore=fast datacenter=DC0". Machines that
    // are the asker's own: own=vm-7. policy.request says what cannot be read.
    static Result<OwnedAsk> parse(std::string_view text);
    std::string toText() const;

    std::vector<std::string> own = {};  // of parse() only: machines to be taken for the asker's
};

}  // namespace pcg::policy
