// SPDX-License-Identifier: Apache-2.0
#include "gateway/enrollment/enrollment.h"

#include "gateway/enrollment/errc.h"
#include "pairing/tenant_name.h"

namespace pcg::gateway {
namespace {

using namespace std::chrono_literals;

tl::unexpected<Error> stopping() { return fail(kOver, "the gateway is stopping"); }

PairingStatus statusOf(PairingState state, std::string message = {}) {
    PairingStatus status;
    status.state = state;
    status.message = std::move(message);
    return status;
}

}  // namespace

Enrollment::Enrollment(EnrollmentPorts ports, EnrollmentFacts facts)
    : ports_(std::move(ports)), facts_(std::move(facts)), backoff_(500ms, 15s, ports_.random) {}

net::Task<Result<>> Enrollment::load() {
    PCG_CO_TRY(auto document, co_await ports_.store.load());
    if (document) {
        PCG_CO_TRY(auto record, EnrollmentRecord::parse(*document));
        record_.emplace(std::move(record));
        co_return Result<>();
    }
    PCG_CO_TRY(auto keys, GatewayKeys::generate(ports_.random));
    record_.emplace(std::move(keys));
    log_.info("enrollment.identity_created", {{"gateway_id", record_->keys.gatewayId()}});
    co_return co_await save();
}

net::Task<Result<>> Enrollment::save() {
    PCG_CO_TRY(auto document, record_->write());
    auto saved = co_await ports_.store.save(std::move(document));
    if (!saved) co_await takeBackUnsaved();
    co_return saved;
}

// What did not become durable has not happened: not to this process either.
net::Task<void> Enrollment::takeBackUnsaved() {
    auto document = co_await ports_.store.load();
    if (!document || !*document) co_return;
    auto record = EnrollmentRecord::parse(**document);
    if (record) record_.emplace(std::move(*record));
}

net::Task<Result<>> Enrollment::untilProvisioned() {
    while (!record_->provisioned) {
        if (stopped_) co_return stopping();
        const auto stepped = co_await nextStep();
        if (stepped) continue;
        if (stopped_ || stepped.error().isInput()) co_return fail(stepped.error());
        // The disk is full or fails: weather, as a broken line is. The person is told, and it is
        // tried again.
        log_.failure(log::Level::Error, "enrollment.not_stored", stepped.error());
        show(statusOf(PairingState::Stopped, stepped.error().message()));
        co_await pause(backoff_.next() + 1s);
    }
    // After a restart nothing is left to acknowledge, and so nothing else would say it.
    if (record_->provisioned->acknowledged) showActive();
    co_return Result<>();
}

net::Task<Result<>> Enrollment::nextStep() {
    if (record_->releasing) co_return co_await tellRelease();
    if (record_->accepted) co_return co_await enrollOnce();
    PCG_CO_CHECK(co_await restAfterTooManyAttempts());
    co_return co_await offerOnce();
}

// --- M1 to M8

net::Task<Result<>> Enrollment::restAfterTooManyAttempts() {
    while (!stopped_) {
        const auto now = ports_.clock.wallNow();
        const auto until = record_->attempts.restingUntil(now);
        if (!until) co_return Result<>();
        auto status = statusOf(
            PairingState::Cooldown,
            "Ten codes were tried within an hour; the next code is shown when the hour is over.");
        status.expires =
            ports_.clock.now() + std::chrono::duration_cast<SteadyTime::duration>(*until - now);
        show(std::move(status));
        log_.warn("enrollment.cooldown", {{"until", toRfc3339(*until)}});
        co_await pause(std::chrono::duration_cast<std::chrono::milliseconds>(*until - now) + 1ms);
    }
    co_return stopping();
}

net::Task<Result<>> Enrollment::offerOnce() {
    show(statusOf(PairingState::Contacting));
    auto session = co_await openOffer();
    if (stopped_) co_return stopping();
    if (!session) {
        const bool person = session.error().isInput();
        showProblem(person ? PairingState::Stopped : PairingState::Contacting, session.error());
        co_await pause(person ? std::chrono::milliseconds(60s) : backoff_.next() + 100ms);
        co_return Result<>();
    }
    backoff_.reset();
    session_ = *session;
    net::asio::co_spawn(
        co_await net::asio::this_coro::executor, pollEvents(session_), net::asio::detached);
    auto served = co_await serveOffer(session_);
    session_->over = true;
    session_.reset();
    co_return served;
}

net::Task<Result<std::shared_ptr<OfferSession>>> Enrollment::openOffer() {
    auto code = pairing::PairingCode::generate(ports_.random);
    pairing::Offer offer;
    offer.deviceSpki = record_->keys.device.publicSpki();
    offer.gatewayId = record_->keys.gatewayId();
    offer.nameplate = code.nameplate();
    offer.bootNonce = ports_.random.array<32>();
    offer.softwareVersion = facts_.softwareVersion;
    offer.at = toUnixMilliseconds(ports_.clock.wallNow());
    const auto raw = offer.write();
    PCG_CO_TRY(auto signature, signedBy(pairing::offerSigningInput(raw)));

    ControlPlaneClient client(ports_.anonymous);
    PCG_CO_TRY(auto answer, co_await client.offer(raw, std::move(signature)));
    if (const auto* refusal = std::get_if<pairing::Refusal>(&answer)) {
        if (refusal->code == pairing::refusal::kNameplateTaken) {
            co_return fail(kControlPlane,
                           "another gateway shows a code that begins the same; making a new one");
        }
        if (refusal->code == pairing::refusal::kGatewayBound) {
            co_return fail(
                kRefused,
                "this gateway is owned by a tenant already; ask the owner to release it in the "
                "portal, or reset it to factory state");
        }
        co_return fail(kRefused,
                       "the control plane refused this gateway (" + refusal->code +
                           (refusal->detail.empty() ? "" : ": " + refusal->detail) + ")");
    }
    auto& reply = std::get<pairing::OfferReply>(answer);
    if (pairing::sidOf(offer.bootNonce, reply.serverNonce) != reply.sid) {
        co_return fail(kControlPlane, "the control plane's answer does not belong to our offer");
    }
    const auto sid = reply.sid;
    auto stretching = ports_.stretch(code.clone(), sid);
    PCG_CO_TRY(auto w, co_await std::move(stretching));
    const auto executor = co_await net::asio::this_coro::executor;
    auto session = std::make_shared<OfferSession>(
        executor, std::move(client), std::move(reply), std::move(code));
    session->responder.emplace(gatewayFacts(), sid, raw, std::move(w), ports_.clock, ports_.random);
    log_.info("enrollment.offered", {{"gateway_id", offer.gatewayId}});
    co_return session;
}

net::Task<Result<>> Enrollment::serveOffer(std::shared_ptr<OfferSession> session) {
    showOffer(*session, {});
    while (!stopped_) {
        while (!session->actions.empty()) {
            auto item = std::move(session->actions.front());
            session->actions.pop_front();
            PCG_CO_TRY(const bool goOn, co_await perform(session, item));
            if (!goOn) co_return Result<>();
        }
        if (!session->held) {
            log_.info("enrollment.offer_gone");
            co_return Result<>();
        }
        session->wake.expires_at(session->responder->deadline());
        co_await session->wake.async_wait(net::kAwaitTuple);
        session->enqueue(session->responder->tick());
    }
    co_return stopping();
}

net::Task<Result<bool>> Enrollment::perform(std::shared_ptr<OfferSession> session,
                                            pairing::GatewayAction& item) {
    namespace action = pairing::action;
    if (std::holds_alternative<action::PersistAttempt>(item)) {
        const auto now = ports_.clock.wallNow();
        if (record_->attempts.restingUntil(now)) {
            session->enqueue(session->responder->attemptRefused());
            co_return true;
        }
        record_->attempts.record(now);
        PCG_CO_CHECK(co_await save());
        session->enqueue(session->responder->attemptPersisted());
    } else if (auto* send = std::get_if<action::Send>(&item)) {
        PCG_CO_CHECK(co_await sendOut(session, std::move(send->envelope)));
    } else if (auto* ask = std::get_if<action::ShowConfirmation>(&item)) {
        session->asked = std::move(ask->confirmation);
        showQuestion(*session);
    } else if (auto* hide = std::get_if<action::HideConfirmation>(&item)) {
        session->asked.reset();
        log_.info("enrollment.question_withdrawn", {{"why", hide->why}});
    } else if (auto* failed = std::get_if<action::RunFailed>(&item)) {
        log_.failure(log::Level::Warn,
                     "enrollment.run_failed",
                     failed->why,
                     {{"attempts_left", failed->attemptsLeft}});
        showOffer(*session,
                  failed->why.message() + "; " + std::to_string(failed->attemptsLeft) +
                      " attempts are left");
    } else if (auto* burnt = std::get_if<action::CodeBurnt>(&item)) {
        log_.failure(log::Level::Info, "enrollment.code_over", burnt->why);
        ControlPlaneClient client = session->client;
        // Best effort: the next offer of this gateway replaces it anyway.
        const auto gone = co_await client.withdraw(session->reply.sid, session->reply.offerToken);
        if (!gone) log_.failure(log::Level::Debug, "enrollment.withdraw", gone.error());
        co_return false;
    } else if (auto* accepted = std::get_if<action::Accepted>(&item)) {
        PCG_CO_CHECK(co_await onAccepted(session, std::move(accepted->acceptance)));
        co_return false;
    }
    co_return true;
}

net::Task<Result<>> Enrollment::sendOut(std::shared_ptr<OfferSession> session,
                                        pairing::Envelope envelope) {
    // The relay recognises a repeat by its number; the responder's own deadline bounds the run.
    const auto giveUp = ports_.clock.now() + 30s;
    while (!stopped_ && session->held) {
        auto sent =
            co_await session->client.send(session->reply.sid, session->reply.offerToken, envelope);
        if (sent) {
            if (const auto* refusal = std::get_if<pairing::Refusal>(&*sent)) {
                log_.info("enrollment.message_refused",
                          {{"type", envelope.type}, {"code", refusal->code}});
            }
            co_return Result<>();
        }
        log_.failure(log::Level::Warn, "enrollment.send", sent.error(), {{"type", envelope.type}});
        if (ports_.clock.now() >= giveUp) co_return Result<>();
        co_await pause(backoff_.next() + 100ms);
    }
    co_return Result<>();
}

Result<> Enrollment::decide(bool accept, std::optional<RemoteAccess> remote) {
    if (!session_ || session_->responder->state() != pairing::Responder::State::Confirming) {
        return fail(kNothingToDecide,
                    "no tenant asks for this gateway at the moment; there is nothing to decide");
    }
    session_->remote = remote;
    session_->enqueue(session_->responder->decide(accept));
    return {};
}

// --- small things

Result<std::string> Enrollment::signedBy(BytesView input) const {
    const auto signature = PCG_TRY(record_->keys.device.signEs256(input));
    return pairing::toText(signature);
}

pairing::GatewayFacts Enrollment::gatewayFacts() const {
    const auto& keys = record_->keys;
    return {keys.gatewayId(),
            crypto::sha256(keys.device.publicSpki()),
            facts_.hostname,
            facts_.softwareVersion,
            keys.nkey.publicKey().text(),
            crypto::sha256(keys.csr),
            facts_.pinnedRootSpkiSha256,
            facts_.expectedTenant};
}

net::Task<void> Enrollment::pause(std::chrono::milliseconds time) {
    if (stopped_) co_return;
    waiting_.emplace(co_await net::asio::this_coro::executor, time);
    co_await waiting_->async_wait(net::kAwaitTuple);
}

void Enrollment::liftCooldown() {
    if (!record_) return;
    record_->attempts.lift();
    if (waiting_) waiting_->cancel();
}

void Enrollment::stop() {
    stopped_ = true;
    if (waiting_) waiting_->cancel();
    if (session_) {
        session_->over = true;
        session_->wake.cancel();
    }
}

void Enrollment::show(PairingStatus status) {
    status_ = std::move(status);
    if (ports_.onStatus) ports_.onStatus(status_);
}

void Enrollment::showActive() {
    auto active = statusOf(PairingState::Active);
    active.tenantId = record_->provisioned->bundle.tenantId;
    active.tenantName = pairing::displayName(record_->provisioned->bundle.tenantName).text;
    show(std::move(active));
}

void Enrollment::showOffer(const OfferSession& session, std::string message) {
    auto status = statusOf(PairingState::Offered, std::move(message));
    status.code = std::string(session.code.shown().revealText());
    status.expires = session.responder->codeExpiry();
    show(std::move(status));
}

void Enrollment::showQuestion(const OfferSession& session) {
    const auto& terms = session.asked->terms;
    const auto name = pairing::displayName(terms.tenantName);
    auto status = statusOf(PairingState::Confirm);
    status.sas = session.asked->sas;
    status.tenantName = name.text;
    if (name.mixedScripts) {
        status.message =
            "Careful: the tenant's name mixes letters of several scripts that look alike.";
    }
    status.tenantId = terms.tenantId;
    status.requestedBy =
        pairing::displayName(terms.requestedBy).text + " (" + terms.commissioner + ")";
    status.expires = session.responder->deadline();
    show(std::move(status));
}

void Enrollment::showProblem(PairingState state, const Error& error) {
    log_.failure(log::Level::Warn, "enrollment.offer", error);
    auto status = statusOf(state, error.message());
    status.failure = error.code().name();
    show(std::move(status));
}

}  // namespace pcg::gateway
