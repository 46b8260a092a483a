// SPDX-License-Identifier: Apache-2.0
// What the gateway says of its link and of the way that it takes.
#include "gateway/app.h"
#include "gateway/controlplane_caller.h"
#include "gateway/enrollment/errc.h"
#include "gateway/state/link_memory.h"

namespace pcg::gateway {
namespace {

constexpr log::Logger kLog("gateway");

}  // namespace

LinkReport App::linkReport() {
    if (!session_) return {.state = "down", .why = "The gateway is not paired."};
    const auto view = session_->view();
    LinkReport report;
    report.state = view.status.state == bus::LinkState::Up           ? "up"
                   : view.status.state == bus::LinkState::Connecting ? "connecting"
                                                                     : "down";
    const bool up = view.status.state == bus::LinkState::Up;
    if (!up && view.status.lastFailure) {
        report.why = view.status.lastFailure->message();
        report.failure = view.status.lastFailure->code().name();
    }
    report.peer = view.status.peer;
    report.way = view.status.way;
    report.transport = bus::transportName(view.status.transport);
    if (up && view.roundTrip) {
        report.rttMs = std::chrono::ceil<std::chrono::milliseconds>(*view.roundTrip).count();
    }
    noteRenewalTrouble(report);
    if (up) warnings_.clear(WarningCode::LinkDown);
    if (!up) warnings_.raise(WarningCode::LinkDown, "", report.why);
    return report;
}

// A person has to act, and here is where they look.
void App::noteRenewalTrouble(LinkReport& report) {
    const auto& trouble = enrollment_->renewalTrouble();
    const std::pair<WarningCode, ErrorCode> codes[] = {
        {WarningCode::Quarantined, kQuarantined}, {WarningCode::CertificateOver, kCertificateOver}};
    for (const auto& [warning, code] : codes) {
        if (trouble && trouble->is(code)) {
            warnings_.raise(warning, "", trouble->message());
            report.why = trouble->message();
        } else {
            warnings_.clear(warning);
        }
    }
}

EgressReport App::egressReport() const {
    EgressReport report;
    if (config_.egress.proxy) report.proxy = config_.egress.proxy->text();
    if (const auto target = controlplaneTarget(config_)) {
        report.controlplane = target->text();
        report.way = wayOut_->wayTo(*target);
    }
    for (const auto& [target, found] : wayOut_->interceptions())
        report.intercepted.push_back(found);
    return report;
}

// A link that stands says nothing about the control plane: the bus is known from the papers.
net::Task<Result<>> App::reachControlplane() {
    auto target = controlplaneTarget(config_);
    if (!target) co_return fail(target.error());
    auto trust = controlplaneTrust(config_);
    if (!trust) co_return fail(trust.error());
    auto context = net::TlsClientContext::create(std::move(*trust));
    if (!context) co_return fail(context.error());
    const bool paired = enrollment_->record().provisioned.has_value();
    const auto dialer = paired ? wayOut_->strictDialer(std::move(*context))
                               : wayOut_->pairingDialer(std::move(*context));
    const auto reached = co_await dialer->open(std::move(*target));
    if (!reached) co_return fail(reached.error());
    co_return Result<>();
}

// A gateway that starts again behind the same firewall need not find out again what it lets pass.
net::Task<bus::Transport> App::recallTransport() {
    auto work = [](Storage storage) { return recalledTransport(storage); };
    auto recalled = co_await state_->run(std::move(work));
    if (recalled) co_return *recalled;
    kLog.failure(log::Level::Warn, "link.way_not_recalled", recalled.error());
    co_return bus::Transport::Nats;
}

namespace {

net::Task<void> keep(StateStore& state, bus::Transport transport) {
    auto work = [transport](Storage storage) { return keepTransport(storage, transport); };
    const auto kept = co_await state.run(std::move(work));
    if (!kept) kLog.failure(log::Level::Warn, "link.way_not_kept", kept.error());
}

}  // namespace

void App::rememberTransport(bus::Transport transport) {
    net::asio::co_spawn(loop_, keep(*state_, transport), net::asio::detached);
}

// A disk that is full or fails is told of as long as it is so: by then whoever asked was refused.
void App::stateTroubled(const Error& why) {
    warnings_.raise(WarningCode::StateDegraded, "", why.message());
    if (std::exchange(isStateTroubled_, true)) return;
    kLog.failure(log::Level::Error, "gateway.state_degraded", why);
    net::asio::co_spawn(loop_, untilStateIsWritten(), net::asio::detached);
}

net::Task<void> App::untilStateIsWritten() {
    constexpr std::chrono::seconds kTryEvery{5};
    while (!stopping_) {
        stateTimer_.expires_after(kTryEvery);
        co_await stateTimer_.async_wait(net::kAwaitTuple);
        if (stopping_) co_return;
        auto work = [](Storage storage) { return tryWriting(storage); };
        const auto written = co_await state_->run(std::move(work));
        if (written) break;
    }
    isStateTroubled_ = false;
    warnings_.clear(WarningCode::StateDegraded);
    kLog.info("gateway.state_written_again");
}

namespace {

std::string sentenceOf(const std::string& target, const net::Interception& found) {
    const auto hash = found.issuerSha256.empty() ? "SHA-256 of the certificate " + found.shownSha256
                                                 : "SHA-256 of the issuer " + found.issuerSha256;
    return target + " is shown with a certificate issued by \"" + found.issuer + "\", " + hash +
           ": allow " + target + " without inspection";
}

}  // namespace

void App::noteInspection(const Interceptions& seen) {
    warnings_.clear(WarningCode::TlsIntercepted);
    if (seen.empty()) return;
    std::string detail;
    for (const auto& [target, found] : seen) {
        if (!detail.empty()) detail += "; ";
        detail += sentenceOf(target, found);
    }
    warnings_.raise(WarningCode::TlsIntercepted, "", sanitizeForConsole(detail, 2048));
}

void App::endpointsChanged() {
    if (uploads_) uploads_->endpointsChanged();
    if (!session_) return;
    Inventory inventory;
    for (const auto& view : directory_->list()) inventory.endpoints.push_back(inventoryItem(view));
    inventory.sealing = gate_->sealing();
    inventory.remote = gate_->access();
    session_->setInventory(std::move(inventory));
}

}  // namespace pcg::gateway
