// SPDX-License-Identifier: Apache-2.0
// What a vCenter says about itself: the `about` of RetrieveServiceContentResponse.
#pragma once

#include "common/base/bytes.h"
#include "common/base/result.h"

#include <string>

namespace pcg::proxy {

struct AboutInfo {
    std::string full_name;  // "VMware vCenter Server 8.0.3 build-24022515"
    std::string version;    // "8.0.3"
    std::string build;
    std::string api_type;     // "VirtualCenter"; a single host says "HostAgent"
    std::string api_version;  // "8.0.3.0"
    std::string instance_uuid;
};

// errc::kNotAVcenter if the answer is not such a response.
Result<AboutInfo> parseServiceContent(BytesView response_body);

}  // namespace pcg::proxy
