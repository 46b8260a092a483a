// SPDX-License-Identifier: Apache-2.0
// Which virtual machines were made through this gateway, and by which access key: for rules with
// "own_vms".
//
// A vCenter answers a clone with a task, and the task tells the machine later. began() takes the
// task (or the lease of an import), and looks at it with the client's own session until it is over;
// settle() looks at once, for a client that heard of the end before. Loop thread.
#pragma once

#include "common/net/asio.h"
#include "vcenter-proxy/endpoint/endpoint.h"
#include "vcenter-proxy/policy/decide.h"
#include "vcenter-proxy/policy/own_task.h"

#include <memory>
#include <string>
#include <string_view>

namespace pcg::proxy {

class OwnMachines {
  public:
    virtual ~OwnMachines() = default;

    virtual bool owns(const Endpoint& endpoint,
                      const wire::AccessKeyId& key,
                      std::string_view machine) const = 0;

    virtual void began(std::shared_ptr<Endpoint> endpoint,
                       std::shared_ptr<Session> session,
                       policy::OwnTask task) = 0;

    // Whatever this key began at this endpoint is looked at now.
    virtual net::Task<void> settle(std::shared_ptr<Endpoint> endpoint,
                                   std::shared_ptr<Session> session) = 0;
};

// For judge(); `endpoint` and `machines` must live as long as it is asked. Null machines: nobody
// owns any.
inline policy::OwnsMachine ownsMachine(const OwnMachines* machines,
                                       const Endpoint& endpoint,
                                       const Principal& principal) {
    return [machines, &endpoint, key = principal.key](std::string_view id) {
        return machines != nullptr && machines->owns(endpoint, key, id);
    };
}

}  // namespace pcg::proxy
