// SPDX-License-Identifier: Apache-2.0
// What pcgctl can ask of the running gateway: a small JSON API on a UNIX socket that only the owner
// may open (mode 0600 in a directory of mode 0700; whoever can open it owns the gateway).
//
// Loop thread. Errors are problem documents (RFC 9457) whose detail names the field. Secrets come
// in (endpoint credentials) and go out once (the password of a new access key); neither is logged.
#pragma once

#include "common/codec/json.h"
#include "common/http/exchange.h"
#include "common/http/router.h"
#include "common/net/dialer.h"
#include "gateway/console/pairing_status.h"
#include "gateway/control/audit_api.h"
#include "gateway/control/policy_api.h"
#include "gateway/endpoints/endpoint_directory.h"
#include "gateway/remote/remote_gate.h"

#include <functional>
#include <string>

namespace pcg::gateway {

namespace upload {
class UploadApi;
}

struct LinkReport {
    std::string state = "down";  // down | connecting | up
    std::string why;
    std::int64_t rttMs = -1;  // -1: not measured yet
    std::string peer{};       // "bus.example.com:4222 (203.0.113.7)"; empty before the first link
    net::Way way{};           // of the present link, or of the attempt that is made now
    std::string_view transport = "nats";
    std::string failure{};  // what `why` is about: "net.proxy_forbidden"; may be empty
};

// How the control plane is reached.
struct EgressReport {
    std::string proxy;         // "http://10.0.0.1:3128"; empty: none
    std::string controlplane;  // "pair.example.com:443"
    net::Way way;
    std::vector<net::Interception> intercepted;  // where somebody inspects TLS
};

// What the API shows and asks; the composition root fills it.
struct ControlPorts {
    const Clock& clock;
    StateStore& state;
    EndpointDirectory& endpoints;
    Warnings& warnings;
    AuditTrail& audit;
    proxy::EndpointService& service;
    RemoteGate& remote;
    PolicyKeeper& policy;
    proxy::MachineWatch& machines;
    upload::UploadApi& uploads;
    std::function<PairingStatus()> pairing;
    std::function<Result<>(bool accept, std::optional<RemoteAccess> remote)> decide;
    std::function<net::Task<Result<>>()> unpair;
    std::function<LinkReport()> link;
    std::function<EgressReport()> egress;
    std::function<net::Task<Result<>>()> reachControlplane;  // a connection, under its authority
    std::function<std::string()> gatewayId;                  // empty until the identity exists
    std::string version;
};

class ControlApi {
  public:
    explicit ControlApi(ControlPorts ports);

    // The API must outlive the handler.
    http::Handler handler() { return router_.handler(); }

    const http::Router& router() const { return router_; }

  private:
    using Params = http::RouteParams;

    net::Task<void> status(http::Exchange& exchange, const Params& params);
    net::Task<void> checkControlplane(http::Exchange& exchange, const Params& params);
    net::Task<void> showPairing(http::Exchange& exchange, const Params& params);
    net::Task<void> acceptPairing(http::Exchange& exchange, const Params& params);
    net::Task<void> rejectPairing(http::Exchange& exchange, const Params& params);
    net::Task<void> unpair(http::Exchange& exchange, const Params& params);
    net::Task<void> listEndpoints(http::Exchange& exchange, const Params& params);
    net::Task<void> addEndpoint(http::Exchange& exchange, const Params& params);
    net::Task<void> checkEndpoint(http::Exchange& exchange, const Params& params);
    net::Task<void> changeEndpoint(http::Exchange& exchange, const Params& params);
    net::Task<void> approveCertificate(http::Exchange& exchange, const Params& params);
    net::Task<void> setCredentials(http::Exchange& exchange, const Params& params);
    net::Task<void> removeEndpoint(http::Exchange& exchange, const Params& params);
    net::Task<void> listKeys(http::Exchange& exchange, const Params& params);
    net::Task<void> createKey(http::Exchange& exchange, const Params& params);
    net::Task<void> revokeKey(http::Exchange& exchange, const Params& params);
    net::Task<void> showRemote(http::Exchange& exchange, const Params& params);
    net::Task<void> setRemote(http::Exchange& exchange, const Params& params);

    // Which field was refused, never what was in it.
    void noteRefused(std::string_view what, const Error& why);

    net::Task<Result<codec::json::Object>> makeKey(codec::json::Object body);
    codec::json::Object pairingJson() const;

    ControlPorts ports_;
    AuditApi audit_;
    PolicyApi policy_;
    http::Router router_;
};

}  // namespace pcg::gateway
