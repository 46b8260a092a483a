// SPDX-License-Identifier: Apache-2.0
// Where the octets of one device of a lease go, read from the URL that the vCenter gives.
#pragma once

#include "common/base/result.h"
#include "vcenter-proxy/host_dialer.h"

#include <optional>
#include <string>
#include <string_view>

namespace pcg::proxy {

struct TransferPlace {
    std::optional<LeaseHost> host;  // nothing: the endpoint itself ("https://*/nfc/...")
    std::string authority;  // for the Host field: "esxi01.example:8443"; empty: the endpoint
    std::string target;     // path and query
    std::string name;       // the last segment, if it is harmless; else "disk"
};

// "https://esxi01.example/nfc/52d.../disk-0.vmdk" with the thumbprint "AB:CD:..." (20 octets).
// `authority` is the endpoint's own: a URL that names it needs no thumbprint. errc::kBadLease for
// another scheme, user information, a host without a thumbprint, anything that is not a URL.
Result<TransferPlace> parseTransferPlace(std::string_view url,
                                         std::string_view thumbprint,
                                         std::string_view authority);

}  // namespace pcg::proxy
