// SPDX-License-Identifier: Apache-2.0
#include "gateway/app.h"

#include "gateway/controlplane_caller.h"
#include "gateway/endpoints/allowed_route.h"
#include "gateway/enrollment/errc.h"
#include "pairing/spake2.h"

namespace pcg::gateway {
namespace {

constexpr log::Logger kLog("gateway");

net::Task<Result<crypto::Scalar>> stretchOn(StateStore& state,
                                            pairing::PairingCode code,
                                            pairing::Sid sid) {
    auto work = [code = std::move(code), sid](Storage) {
        return pairing::passwordScalar(code, sid);
    };
    co_return co_await state.run(std::move(work));
}

constexpr std::chrono::seconds kAgainAfter{2};
constexpr std::string_view kGivenBack = "The gateway's admin unpaired it.";

}  // namespace

std::string_view gatewayVersion() { return PCG_VERSION; }

App::App(net::Loop& loop, const GatewayConfig& config, Random& random, const Clock& clock)
    : loop_(loop),
      config_(config),
      random_(random),
      clock_(clock),
      boot_(wire::newId<wire::InstanceId>(random)),
      warnings_(clock),
      changed_(loop.get_executor(), SteadyTime::max()),
      stateTimer_(loop.get_executor()),
      forgotten_(loop.get_executor(), SteadyTime::max()) {}

App::~App() = default;

Result<std::unique_ptr<App>> App::create(net::Loop& loop,
                                         const GatewayConfig& config,
                                         Random& random,
                                         const Clock& clock) {
    auto state = PCG_TRY(StateStore::open(config.stateDir, store::machineBinding(), random, clock));
    std::unique_ptr<App> app(new App(loop, config, random, clock));
    PCG_TRY(app->assemble(std::move(state)));
    return app;
}

Result<> App::assemble(std::unique_ptr<StateStore> state) {
    const auto inspected = [this](const Interceptions& seen) { noteInspection(seen); };
    outside_ = outsideOf(config_.egress);
    wayOut_.emplace(PCG_TRY(WayOut::create(config_.egress, outside_, inspected)));
    state_ = std::move(state);
    audit_ = std::make_unique<AuditTrail>(loop_, *state_, clock_);
    audit_->note("gateway.started", codec::json::Object().set("version", gatewayVersion()));
    ScreenFacts facts{.hostname = config_.hostname,
                      .gatewayId = "",
                      .version = std::string(gatewayVersion()),
                      .controlplaneUrl = config_.controlplaneUrl,
                      .socketPath = config_.controlSocket().string(),
                      .remote = config_.remote};
    console_ = PCG_TRY(OperatorConsole::open(loop_, clock_, config_.console, std::move(facts)));
    enrollmentStore_ = std::make_unique<StoredEnrollment>(*state_);
    EnrollmentFacts enrollmentFacts{
        .hostname = config_.hostname,
        .softwareVersion = std::string(gatewayVersion()),
        .expectedTenant = config_.expectedTenant ? config_.expectedTenant->text() : "",
        .pinnedRootSpkiSha256 = config_.controlplaneRootSha256};
    enrollment_ =
        std::make_unique<Enrollment>(PCG_TRY(enrollmentPorts()), std::move(enrollmentFacts));
    // Its answer shows in the status; a question that timed out meanwhile is no longer there to be
    // answered.
    console_->onDecision([this](bool accept, std::optional<RemoteAccess> remote) {
        (void)enrollment_->decide(accept, remote);
    });
    credentials_ = std::make_unique<StoredCredentials>(*state_);
    accessKeys_ = std::make_unique<StoredAccessKeys>(*state_);
    uploadKeys_ = std::make_unique<upload::UploadKeys>(*accessKeys_, *state_, random_);
    makePolicy();
    makeService();
    makeDirectory();
    makeRemote();
    PCG_TRY(makeUploads());
    makeControlApi();
    warnings_.raise(WarningCode::RootKeyInFile, "", "");
    state_->onTrouble([this](const Error& why) { stateTroubled(why); });
    return {};
}

Result<EnrollmentPorts> App::enrollmentPorts() {
    const auto trust = PCG_TRY(controlplaneTrust(config_));
    auto anonymous = PCG_TRY(controlplaneCaller(loop_, config_, *wayOut_, trust));
    return EnrollmentPorts{
        .store = *enrollmentStore_,
        .clock = clock_,
        .random = random_,
        .anonymous = std::move(anonymous),
        .authenticated =
            [this, trust](const std::string& chainPem, Secret keyPem) {
                return controlplaneCaller(loop_,
                                          config_,
                                          *wayOut_,
                                          trust,
                                          net::CertificateAndKey{chainPem, std::move(keyPem)});
            },
        .stretch = [this](pairing::PairingCode code,
                          pairing::Sid sid) { return stretchOn(*state_, std::move(code), sid); },
        .onStatus = [this](const PairingStatus& status) { pairingChanged(status); }};
}

void App::makeService() {
    openSessions_ = std::make_unique<StoredSessions>(*state_, boot_.text());
    // Who has said in which networks endpoints lie has said it of their hosts, too.
    const auto reach = config_.endpointNetworks.empty() ? proxy::PinnedHosts::Reach::Outside
                                                        : proxy::PinnedHosts::Reach::Anywhere;
    leaseHosts_ = std::make_unique<proxy::PinnedHosts>(
        loop_, routeTo(config_.endpointNetworks, outside_), reach);
    tunnels_ = std::make_unique<proxy::RoutedTunnels>(routeTo(config_.endpointNetworks, outside_));
    service_ =
        std::make_unique<proxy::EndpointService>(proxy::Services{.loop = loop_,
                                                                 .clock = clock_,
                                                                 .random = random_,
                                                                 .keys = *uploadKeys_,
                                                                 .vault = *credentials_,
                                                                 .policy = *policy_,
                                                                 .audit = *audit_,
                                                                 .machines = machines_.get(),
                                                                 .journal = openSessions_.get(),
                                                                 .hosts = leaseHosts_.get(),
                                                                 .tunnels = tunnels_.get()});
}

void App::makeDirectory() {
    directory_ = std::make_unique<EndpointDirectory>(
        EndpointDirectory::Parts{.loop = loop_,
                                 .state = *state_,
                                 .service = *service_,
                                 .warnings = warnings_,
                                 .audit = *audit_,
                                 .random = random_,
                                 .clock = clock_,
                                 .scope = [this] { return scope(); },
                                 .changed = [this] { endpointsChanged(); },
                                 .checkEvery = config_.endpointCheckEvery,
                                 .route = routeTo(config_.endpointNetworks, outside_)});
}

void App::makeRemote() {
    gate_ = std::make_unique<RemoteGate>(RemoteGate::Parts{
        .state = *state_, .audit = *audit_, .fallback = config_.remote, .changed = [this] {
            endpointsChanged();
        }});
    remote_ = std::make_unique<RemoteApi>(RemoteApi::Parts{.clock = clock_,
                                                           .state = *state_,
                                                           .endpoints = *directory_,
                                                           .service = *service_,
                                                           .audit = *audit_,
                                                           .gate = *gate_,
                                                           .policy = *policy_});
}

store::Scope App::scope() const {
    const auto& provisioned = enrollment_->record().provisioned;
    if (!provisioned) return {};
    return {provisioned->bundle.tenantId, provisioned->bundle.epoch};
}

void App::pairingChanged(PairingStatus status) {
    // Between two attempts the enrolment has no complaint; for the person in front of it nothing
    // has changed.
    if (status.state == PairingState::Contacting && status.state == console_->status().state &&
        status.message.empty()) {
        status.message = console_->status().message;
        status.failure = console_->status().failure;
    }
    const bool contacting = status.state == PairingState::Contacting && !status.message.empty();
    const bool paired =
        status.state == PairingState::Active || status.state == PairingState::Enrolling;
    if (status.state != console_->status().state) {
        const auto name = pairingStateName(status.state);
        kLog.info("pairing.state", {{"state", name}});
        audit_->note("pairing.state",
                     codec::json::Object().set("state", name).set("tenant_id", status.tenantId));
    }
    if (contacting) {
        warnings_.raise(WarningCode::ControlplaneUnreachable, "", status.message);
    } else {
        warnings_.clear(WarningCode::ControlplaneUnreachable);
    }
    if (paired) warnings_.clear(WarningCode::NotPaired);
    if (!paired) warnings_.raise(WarningCode::NotPaired, "", "");
    if (status.state == PairingState::Cooldown) {
        warnings_.raise(WarningCode::PairingCooldown, "", status.message);
    } else {
        warnings_.clear(WarningCode::PairingCooldown);
    }
    console_->show(std::move(status));
}

net::Task<Result<>> App::run() {
    PCG_CO_CHECK(co_await enrollment_->load());
    console_->setGatewayId(enrollment_->record().keys.gatewayId());
    console_->showBanner();
    kLog.info("gateway.started",
              {{"gateway_id", enrollment_->record().keys.gatewayId()},
               {"version", gatewayVersion()},
               {"controlplane", config_.controlplaneUrl}});
    PCG_CO_CHECK(co_await removeWhatTheLastTenantLeft());
    PCG_CO_CHECK(co_await loadPolicy());
    PCG_CO_CHECK(co_await directory_->start());
    service_->start();
    PCG_CO_CHECK(co_await uploads_->start());
    // Beside everything else: an endpoint that does not answer must not hold up the rest.
    net::asio::co_spawn(loop_, service_->endSessionsOfEarlierRuns(), net::asio::detached);
    auto life = listenForControl();
    if (life) {
        kLog.info("gateway.ready", {{"control_socket", config_.controlSocket().string()}});
        if (ready_) ready_();
    }
    while (life && !stopping_) {
        life = co_await enrollment_->untilProvisioned();
        if (life && !stopping_) life = co_await servePapers();
    }
    if (stopping_) life = Result<>{};
    co_await shutDown();
    co_return life;
}

net::Task<Result<>> App::servePapers() {
    over_.reset();
    const auto served = scope();
    if (enrollment_->record().releasing) {
        co_await forgetTenant(served, std::string(kGivenBack));
        co_return Result<>{};
    }
    const auto& record = enrollment_->record();
    auto opened = co_await gate_->open(served, record.keys, record.provisioned->remote);
    if (!opened) {
        if (opened.error().isInput()) co_return fail(std::move(opened).error());
        auto status = console_->status();
        status.message = opened.error().message();
        pairingChanged(std::move(status));
        co_await tryAgainLater("gateway.not_serving", opened.error());
        co_return Result<>{};
    }
    const auto worked = co_await recallTransport();
    auto session = PairedSession::create(
        {.loop = loop_,
         .clock = clock_,
         .random = random_,
         .enrollment = *enrollment_,
         .wayOut = *wayOut_,
         .worked = worked,
         .onTransport = [this](bus::Transport transport) { rememberTransport(transport); },
         .service = *service_,
         .remote = [this](http::Exchange& exchange) { return serveRemote(exchange); },
         .boot = boot_,
         .hostname = config_.hostname,
         .version = std::string(gatewayVersion()),
         .auditHeads = [this] { return audit_->heads(); },
         .uploads = [this](bool whole) { return uploads_->report(whole); },
         .onOver =
             [this](std::string why) {
                 over_ = std::move(why);
                 changed_.cancel();
             }});
    if (!session) co_return fail(std::move(session).error());
    session_ = std::move(*session);
    // After a restart there is nothing left to acknowledge; this only says so on the console.
    if (enrollment_->record().provisioned->acknowledged) {
        PCG_CO_CHECK(co_await enrollment_->acknowledge());
    }
    PCG_CO_CHECK(session_->start());
    endpointsChanged();
    while (!stopping_ && !over_) co_await changed_.async_wait(net::kAwaitTuple);
    co_await session_->stop(kDrain);
    session_.reset();
    gate_->close();
    warnings_.clear(WarningCode::LinkDown);
    warnings_.clear(WarningCode::Quarantined);
    warnings_.clear(WarningCode::CertificateOver);
    if (over_) co_await forgetTenant(served, *over_);
    co_return Result<>{};
}

// The disk, most likely. run() comes back to where this was as long as the papers are there.
net::Task<void> App::tryAgainLater(std::string_view event, Error why) {
    kLog.failure(log::Level::Error, event, why);
    changed_.expires_after(kAgainAfter);
    co_await changed_.async_wait(net::kAwaitTuple);
    changed_.expires_at(SteadyTime::max());
}

// The tenant's endpoints and keys go with the tenant; destroying the tenant's key makes what may be
// left of them on the disk unreadable.
net::Task<void> App::forgetTenant(store::Scope gone, std::string why) {
    kLog.warn("gateway.released", {{"tenant_id", gone.tenant}, {"why", why}});
    audit_->note("gateway.released",
                 codec::json::Object().set("tenant_id", gone.tenant).set("why", why));
    for (const auto& view : directory_->list()) {
        auto removed = co_await directory_->remove(view.record.name);
        if (!removed) kLog.failure(log::Level::Error, "endpoint.not_removed", removed.error());
    }
    co_await uploads_->forgetObjects();
    auto erase = [gone](Storage storage) { return storage.envelope.destroy(gone); };
    auto erased = co_await state_->run(std::move(erase));
    if (!erased) kLog.failure(log::Level::Error, "gateway.not_erased", erased.error());
    // Provisioned papers may be gone already (enrollment.over).
    if (enrollment_->record().provisioned) {
        auto forgotten = co_await enrollment_->forget();
        if (!forgotten) {
            co_await tryAgainLater("gateway.not_released", forgotten.error());
        }
    }
    forgotten_.cancel();
}

// A crash may have come between the end of a pairing and that of its endpoints.
net::Task<Result<>> App::removeWhatTheLastTenantLeft() {
    auto work = [now = scope()](Storage storage) { return removeEndpointsOfOthers(storage, now); };
    PCG_CO_TRY(const auto left, co_await state_->run(std::move(work)));
    for (const auto& gone : left) {
        kLog.warn("gateway.leftovers_removed", {{"tenant_id", gone.tenant}});
        auto erase = [gone](Storage storage) { return storage.envelope.destroy(gone); };
        PCG_CO_CHECK(co_await state_->run(std::move(erase)));
    }
    co_return Result<>{};
}

// The wish is durable first: whatever happens then, the gateway ends up belonging to nobody.
net::Task<Result<>> App::unpair() {
    PCG_CO_CHECK(co_await enrollment_->beginRelease());
    over_ = std::string(kGivenBack);
    changed_.cancel();
    while (enrollment_->record().provisioned && !stopping_) {
        co_await forgotten_.async_wait(net::kAwaitTuple);
    }
    co_return Result<>{};
}

void App::stop() {
    if (stopping_) return;
    stopping_ = true;
    kLog.info("gateway.stopping");
    enrollment_->stop();
    changed_.cancel();
    stateTimer_.cancel();
}

net::Task<void> App::shutDown() {
    if (controlServer_) co_await controlServer_->stop(std::chrono::milliseconds(1000));
    machines_->stop();
    co_await uploads_->stop(kDrain);
    co_await directory_->stop();
    co_await service_->stop(kDrain);
    co_await policy_->flush();
    co_await audit_->flush();
    uploadFiles_->stop();
    state_->close();
    kLog.info("gateway.stopped");
}

}  // namespace pcg::gateway
