// SPDX-License-Identifier: Apache-2.0
// One call over one connection of the client. Loop thread only; see client.h for the contract.
#pragma once

#include "common/http/client.h"
#include "common/http/wire_format.h"

namespace pcg::http {

// Where a connection goes after its call: exactly one of the two is called.
class ConnectionHome {
  public:
    virtual ~ConnectionHome() = default;
    virtual void giveBack(std::unique_ptr<Transport> transport) = 0;
    virtual void lost() = 0;
};

std::unique_ptr<Call> makeClientCall(net::Executor executor,
                                     std::shared_ptr<ConnectionHome> home,
                                     std::unique_ptr<Transport> transport,
                                     RequestHead head,
                                     std::string headText,
                                     CallLimits limits);

}  // namespace pcg::http
