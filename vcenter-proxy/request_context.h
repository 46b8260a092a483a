// SPDX-License-Identifier: Apache-2.0
// The only state that the phases of one request share.
#pragma once

#include "vcenter-proxy/access_keys.h"
#include "vcenter-proxy/audit_sink.h"
#include "vcenter-proxy/client_side.h"
#include "vcenter-proxy/credential_vault.h"
#include "vcenter-proxy/endpoint/endpoint.h"
#include "vcenter-proxy/host_dialer.h"
#include "vcenter-proxy/own_machines.h"
#include "vcenter-proxy/policy_source.h"
#include "vcenter-proxy/session_journal.h"
#include "vcenter-proxy/tunnel_dialer.h"

#include <memory>

namespace pcg::proxy {

// What the proxy is given once and uses in every request. All of it outlives the service.
struct Services {
    net::Loop& loop;
    const Clock& clock;
    Random& random;
    AccessKeys& keys;
    CredentialVault& vault;
    PolicySource& policy;
    AuditSink& audit;
    OwnMachines* machines = nullptr;    // null: nobody owns one
    SessionJournal* journal = nullptr;  // none: a crash leaves sessions to the endpoint's own limit
    HostDialer* hosts = nullptr;        // none: leases that name hosts cannot be used
    TunnelDialer* tunnels = nullptr;    // none: no tunnels, whatever an endpoint lists
};

struct RequestContext {
    Services& services;
    std::shared_ptr<Endpoint> endpoint;
    ClientSide& client;
    AuditRecord& audit;
};

}  // namespace pcg::proxy
