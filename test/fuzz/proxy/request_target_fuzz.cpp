// SPDX-License-Identifier: Apache-2.0
// What is let through is sent as it came, begins at one of the doors, and has no way out of it.
#include "common/base/assert.h"
#include "vcenter-proxy/endpoint/request_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace pcg;
    for (const auto* method : {"GET", "POST", "PUT"}) {
        http::RequestHead head;
        head.method = method;
        head.target = std::string(asText({data, size}));
        const auto target = proxy::classifyTarget(head);
        if (!target) continue;
        PCG_ASSERT(target->target == head.target);
        const std::string_view text = target->target;
        PCG_ASSERT(text.starts_with("/sdk") || text.starts_with("/pbm") ||
                   text.starts_with("/folder"));
        for (const auto* way_out : {"//", "\\", "\r", "\n", "/../"}) {
            PCG_ASSERT(head.path().find(way_out) == std::string_view::npos);
        }
        PCG_ASSERT(target->folder_path != ".." && !target->folder_path.starts_with("../"));
        PCG_ASSERT(target->folder_path.find("/../") == std::string::npos);
    }
    return 0;
}
