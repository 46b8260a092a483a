// SPDX-License-Identifier: Apache-2.0
// The way to a host that a lease names: an ESXi host, where the octets of a disk go.
//
// Nobody registered such a host: what makes it trustworthy is the thumbprint that the vCenter says
// in the lease, over its own verified connection. An implementation connects by the route that
// endpoints are reached by, and sends nothing to a host that shows another certificate.
#pragma once

#include "common/base/bytes.h"
#include "common/http/client.h"

#include <memory>
#include <string>

namespace pcg::proxy {

// SHA-1 of the certificate's DER: what vSphere has in its leases.
using Thumbprint = ByteArray<20>;

struct LeaseHost {
    std::string host;  // a name or an address, without brackets
    std::uint16_t port = 443;
    Thumbprint thumbprint{};
};

class HostDialer {
  public:
    virtual ~HostDialer() = default;

    // Connections to exactly that certificate. An error: it shows another one, or cannot be
    // reached; then nothing was sent. Loop thread.
    virtual net::Task<Result<std::shared_ptr<http::Caller>>> callerTo(LeaseHost host) = 0;
};

}  // namespace pcg::proxy
