// SPDX-License-Identifier: Apache-2.0
// The one form of a path of the vCenter's REST interface, for requests and for the rules about
// them, whichever of the two doors somebody writes: "/rest/com/vmware/cis/tagging/tag/id:urn:x" is
// "/api/cis/tagging/tag/urn:x", "POST /rest/vcenter/vm/vm-1/power/stop" is
// "/api/vcenter/vm/vm-1/power" with the action "stop". Source: vSphere Automation API reference;
// govmomi's vapi/rest. Pure.
#pragma once

#include <string>
#include <string_view>

namespace pcg::policy {

struct RestPath {
    std::string path;         // with "/api/" before it, without a slash at the end
    std::string action = {};  // of a path that ends in one; empty: none
};

// `path`: decoded, or a pattern (`{}` is a segment, `**` the rest). Without a door before it, what
// stands below one.
RestPath canonicalRest(std::string_view method, std::string_view path);

}  // namespace pcg::policy
