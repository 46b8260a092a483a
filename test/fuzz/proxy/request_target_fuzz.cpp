// SPDX-License-Identifier: Apache-2.0
// What is let through is sent as it came, begins at one of the doors, and has no way out of it.
#include "common/base/assert.h"
#include "vcenter-proxy/endpoint/request_target.h"
#include "vcenter-proxy/rest_rules.h"

namespace {

// The path is the canonical one, and its meaning does not depend on who decodes it again.
void judge(const pcg::proxy::RestCall& call) {
    PCG_ASSERT(call.path.find("/../") == std::string::npos);
    PCG_ASSERT(call.path.find('%') == std::string::npos);
    for (const char c : call.action) PCG_ASSERT(c != '/' && c != '&' && c != '=');
    const bool inventory = pcg::proxy::rest::isAllowed(pcg::proxy::Role::Inventory, call);
    const bool full = pcg::proxy::rest::isAllowed(pcg::proxy::Role::Full, call);
    PCG_ASSERT(full || !inventory);
    PCG_ASSERT(!inventory || call.isSession() || pcg::proxy::rest::onlyReads(call));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace pcg;
    for (const auto* method : {"GET", "POST", "PUT", "DELETE"}) {
        http::RequestHead head;
        head.method = method;
        head.target = std::string(asText({data, size}));
        const auto target = proxy::classifyTarget(head);
        if (!target) continue;
        PCG_ASSERT(target->target == head.target);
        const std::string_view text = target->target;
        bool is_door = false;
        for (const auto* door :
             {"/sdk", "/pbm", "/sms", "/vslm", "/vsanHealth", "/folder", "/cls/data/"}) {
            is_door = is_door || text.starts_with(door);
        }
        // Behind the doors of REST the canonical path decides, however the client escaped it.
        is_door = is_door || target->rest || target->surface == proxy::Surface::LibraryData;
        PCG_ASSERT(is_door);
        if (target->rest) judge(*target->rest);
        for (const auto* way_out : {"//", "\\", "\r", "\n", "/../"}) {
            PCG_ASSERT(head.path().find(way_out) == std::string_view::npos);
        }
        PCG_ASSERT(target->folder_path != ".." && !target->folder_path.starts_with("../"));
        PCG_ASSERT(target->folder_path.find("/../") == std::string::npos);
    }
    return 0;
}
