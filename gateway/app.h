// SPDX-License-Identifier: Apache-2.0
// The composition root: the only place that makes the gateway's parts and ties them together.
//
// create() opens the state (blocking, before the loop runs), run() is the gateway's life as one
// coroutine: enrol, serve the tenant, and again when it was released. stop() lets what runs come to
// an end within kDrain. Loop thread.
#pragma once

#include "common/http/server.h"
#include "gateway/console/operator_console.h"
#include "gateway/control/control_api.h"
#include "gateway/endpoints/endpoint_directory.h"
#include "gateway/enrollment/enrollment.h"
#include "gateway/gateway_config.h"
#include "gateway/health/warnings.h"
#include "gateway/link/way_out.h"
#include "gateway/policy/policy_keeper.h"
#include "gateway/remote/remote_api.h"
#include "gateway/serve/paired_session.h"
#include "gateway/state/audit_trail.h"
#include "gateway/state/open_sessions.h"
#include "gateway/state/proxy_state.h"
#include "gateway/state/state_store.h"
#include "gateway/state/stored_enrollment.h"
#include "gateway/upload/upload_api.h"
#include "vcenter-proxy/machine_watch.h"
#include "vcenter-proxy/pinned_hosts.h"
#include "vcenter-proxy/routed_tunnels.h"

#include <functional>
#include <memory>

namespace pcg::gateway {

class App {
  public:
    static constexpr std::chrono::milliseconds kDrain{5000};

    // Loop, random and clock outlive the App.
    static Result<std::unique_ptr<App>> create(net::Loop& loop,
                                               const GatewayConfig& config,
                                               Random& random,
                                               const Clock& clock);
    ~App();
    App(const App&) = delete;
    App& operator=(const App&) = delete;

    // Called once, when pcgctl is answered; before run().
    void whenReady(std::function<void()> ready) { ready_ = std::move(ready); }

    // Until stop(), or until something that cannot be retried fails.
    net::Task<Result<>> run();
    void stop();

  private:
    App(net::Loop& loop, const GatewayConfig& config, Random& random, const Clock& clock);

    Result<> assemble(std::unique_ptr<StateStore> state);
    Result<EnrollmentPorts> enrollmentPorts();
    void makePolicy();
    net::Task<Result<>> loadPolicy();
    net::Task<void> rememberMachine(proxy::OwnMachineRecord record);
    net::Task<void> serveRemote(http::Exchange& exchange);
    void makeService();
    void makeDirectory();
    void makeRemote();
    Result<> makeUploads();
    void uploadsChanged();
    void makeControlApi();
    Result<> listenForControl();
    void noteRenewalTrouble(LinkReport& report);
    net::Task<Result<>> servePapers();
    net::Task<void> tryAgainLater(std::string_view event, Error why);
    net::Task<void> forgetTenant(store::Scope scope, std::string why);
    net::Task<void> shutDown();

    net::Task<Result<>> removeWhatTheLastTenantLeft();
    net::Task<Result<>> unpair();

    void pairingChanged(PairingStatus status);
    void endpointsChanged();
    void stateTroubled(const Error& why);
    net::Task<void> untilStateIsWritten();
    LinkReport linkReport();
    EgressReport egressReport() const;
    net::Task<Result<>> reachControlplane();
    void noteInspection(const Interceptions& seen);
    net::Task<bus::Transport> recallTransport();
    void rememberTransport(bus::Transport transport);
    store::Scope scope() const;

    net::Loop& loop_;
    const GatewayConfig config_;
    Random& random_;
    const Clock& clock_;
    wire::InstanceId boot_;  // a copy of this gateway has another
    Warnings warnings_;
    std::shared_ptr<net::Route> outside_;
    std::optional<WayOut> wayOut_;
    std::unique_ptr<StateStore> state_;
    std::unique_ptr<AuditTrail> audit_;
    std::unique_ptr<OperatorConsole> console_;
    std::unique_ptr<StoredEnrollment> enrollmentStore_;
    std::unique_ptr<Enrollment> enrollment_;
    std::unique_ptr<StoredCredentials> credentials_;
    std::unique_ptr<StoredAccessKeys> accessKeys_;
    std::unique_ptr<upload::UploadKeys> uploadKeys_;
    std::unique_ptr<PolicyKeeper> policy_;
    std::unique_ptr<proxy::MachineWatch> machines_;
    std::unique_ptr<StoredSessions> openSessions_;
    std::unique_ptr<proxy::PinnedHosts> leaseHosts_;
    std::unique_ptr<proxy::RoutedTunnels> tunnels_;
    std::unique_ptr<proxy::EndpointService> service_;
    std::unique_ptr<EndpointDirectory> directory_;
    std::unique_ptr<RemoteGate> gate_;
    std::unique_ptr<RemoteApi> remote_;
    std::unique_ptr<upload::FileThread> uploadFiles_;
    std::unique_ptr<upload::Cache> uploadCache_;
    std::unique_ptr<upload::Sources> uploadSources_;
    std::unique_ptr<upload::Uploads> uploads_;
    std::unique_ptr<upload::UploadApi> uploadApi_;
    std::unique_ptr<ControlApi> api_;
    std::unique_ptr<http::Server> controlServer_;
    std::unique_ptr<PairedSession> session_;
    std::optional<std::string> over_;  // why the papers are void
    std::function<void()> ready_;
    bool stopping_ = false;
    net::Timer changed_;  // cancelled when over_ or stopping_ was set
    bool isStateTroubled_ = false;
    net::Timer stateTimer_;
    net::Timer forgotten_;  // cancelled when a tenant was forgotten
};

// The program's version, as `--version` prints it.
std::string_view gatewayVersion();

}  // namespace pcg::gateway
