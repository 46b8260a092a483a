// SPDX-License-Identifier: Apache-2.0
// The durable half: from the console's yes to the papers, and what comes after.
#include "common/crypto/jws.h"
#include "gateway/enrollment/enrollment.h"
#include "gateway/enrollment/errc.h"
#include "gateway/enrollment/papers.h"
#include "pairing/tenant_name.h"

namespace pcg::gateway {
namespace {

using namespace std::chrono_literals;

tl::unexpected<Error> stopping() { return fail(kOver, "the gateway is stopping"); }

// The rest is a mistake of a program, or a certificate whose time is over; papers are not thrown
// away for that.
bool meansForgotten(int status) { return status == 410; }

PairingStatus statusOf(PairingState state, std::string message = {}) {
    PairingStatus status;
    status.state = state;
    status.message = std::move(message);
    return status;
}

}  // namespace

// --- M9 to M12

net::Task<Result<>> Enrollment::onAccepted(std::shared_ptr<OfferSession> session,
                                           pairing::Acceptance acceptance) {
    const auto& terms = acceptance.terms;
    const auto& keys = record_->keys;
    pairing::Bind bind;
    bind.sid = session->reply.sid;
    bind.claimId = terms.claimId;
    bind.tenantId = terms.tenantId;
    bind.gatewayId = keys.gatewayId();
    bind.pth = acceptance.pth;
    bind.csrSha256 = crypto::sha256(keys.csr);
    bind.nkeyPub = keys.nkey.publicKey().text();
    bind.encPub = acceptance.encPub;
    bind.acceptMode = acceptance.acceptMode;
    bind.issuedAt = toUnixMilliseconds(ports_.clock.wallNow());
    PCG_CO_TRY(auto jws, crypto::signJws(keys.device, pairing::kBindType, asBytes(bind.write())));

    pairing::Enrollment body;
    body.gatewayId = bind.gatewayId;
    body.tenantId = terms.tenantId;
    body.csr = keys.csr;
    body.nkeyPub = bind.nkeyPub;
    body.encPub = acceptance.encPub;
    body.pth = acceptance.pth;
    body.reportTag = acceptance.reportTag;
    body.bind = std::move(jws);

    AcceptedPairing accepted;
    accepted.claimId = terms.claimId;
    accepted.pth = acceptance.pth;
    accepted.tenantId = terms.tenantId;
    accepted.tenantName = terms.tenantName;
    accepted.controlPlaneRootDer = std::move(acceptance.controlPlaneRootDer);
    accepted.encPrivate = std::move(acceptance.encPrivate);
    accepted.enrollmentBody = body.write();
    accepted.acceptedAt = bind.issuedAt;
    accepted.remote = session->remote;
    record_->accepted = std::move(accepted);
    log_.info("enrollment.accepted",
              {{"tenant_id", terms.tenantId}, {"mode", acceptance.acceptMode}});
    co_return co_await save();
}

net::Task<Result<>> Enrollment::enrollOnce() {
    auto waiting =
        statusOf(PairingState::Enrolling, "Waiting for the tenant to confirm the number.");
    waiting.tenantId = record_->accepted->tenantId;
    waiting.tenantName = pairing::displayName(record_->accepted->tenantName).text;
    show(waiting);
    ControlPlaneClient client(ports_.anonymous);
    const auto giveUp = ports_.clock.now() + pairing::kEnrollmentLifetime;
    std::string over = "the control plane did not answer within 15 minutes";
    while (ports_.clock.now() < giveUp) {
        if (stopped_) co_return stopping();
        auto outcome =
            co_await client.enroll(record_->accepted->claimId, record_->accepted->enrollmentBody);
        if (!outcome) {
            log_.failure(log::Level::Warn, "enrollment.put", outcome.error());
            co_await pause(backoff_.next() + 100ms);
            continue;
        }
        backoff_.reset();
        if (const auto* later = std::get_if<NotYet>(&*outcome)) {
            co_await pause(later->askAgainIn);
            continue;
        }
        if (const auto* refusal = std::get_if<pairing::Refusal>(&*outcome)) {
            over = "the pairing was not completed (" + refusal->code + ")";
            break;
        }
        auto papers = openPapers(*record_->accepted,
                                 record_->keys,
                                 std::get<pairing::SealedBundle>(*outcome),
                                 ports_.clock.wallNow());
        if (papers) {
            record_->provisioned = std::move(*papers);
            record_->provisioned->remote = record_->accepted->remote;
            record_->accepted.reset();  // with the ephemeral key
            log_.info("enrollment.provisioned",
                      {{"tenant_id", record_->provisioned->bundle.tenantId}});
            co_return co_await save();
        }
        // Altered on the way, or a control plane that is not ours: asking again costs nothing.
        log_.failure(log::Level::Error, "enrollment.papers_refused", papers.error());
        show(statusOf(PairingState::Enrolling, papers.error().message()));
        co_await pause(backoff_.next() + 1s);
    }
    log_.warn("enrollment.not_completed", {{"why", over}});
    // Something may have been issued for these keys and taken back since.
    co_return co_await forget();
}

// --- M13 and after

Result<ControlPlaneClient> Enrollment::authenticatedClient() const {
    auto key = PCG_TRY(record_->keys.tls.toPem());
    return ControlPlaneClient(PCG_TRY(
        ports_.authenticated(record_->provisioned->bundle.clientCertChain, std::move(key))));
}

net::Task<Result<>> Enrollment::acknowledge() {
    if (!record_->provisioned) co_return fail(kOver, "there is no pairing to acknowledge");
    PCG_CO_TRY(auto client, authenticatedClient());
    while (!stopped_ && record_->provisioned && !record_->provisioned->acknowledged) {
        const auto bundle = record_->provisioned->bundle;
        const pairing::Ack ack{bundle.gatewayId, bundle.epoch, bundle.pth};
        auto answer = co_await client.acknowledge(record_->provisioned->claimId, ack);
        if (!record_->provisioned) break;  // forgotten meanwhile
        if (!answer) {
            log_.failure(log::Level::Warn, "enrollment.ack", answer.error());
            co_await pause(backoff_.next() + 200ms);
            continue;
        }
        if (const auto* refusal = std::get_if<pairing::Refusal>(&*answer)) {
            const std::string code = refusal->code;
            if (!meansForgotten(refusal->status)) {
                log_.warn("enrollment.ack_refused", {{"code", code}});
                co_await pause(backoff_.next() + 1s);
                continue;
            }
            PCG_CO_CHECK(co_await forget());
            co_return fail(kOver,
                           "the control plane does not know this pairing any more (" + code + ")");
        }
        backoff_.reset();
        record_->provisioned->acknowledged = true;
        if (const auto saved = co_await save(); !saved) {
            log_.failure(log::Level::Error, "enrollment.not_stored", saved.error());
            show(statusOf(PairingState::Enrolling, saved.error().message()));
            co_await pause(backoff_.next() + 1s);
            continue;
        }
        log_.info("enrollment.active", {{"tenant_id", bundle.tenantId}, {"epoch", bundle.epoch}});
    }
    if (stopped_) co_return stopping();
    if (!record_->provisioned) co_return fail(kOver, "the pairing was given up meanwhile");
    showActive();
    co_return Result<>();
}

net::Task<Result<>> Enrollment::forget() {
    PCG_CO_CHECK(record_->keys.renew(ports_.random));
    record_->provisioned.reset();
    renewalTrouble_.reset();
    record_->accepted.reset();
    PCG_CO_CHECK(co_await save());
    log_.info("enrollment.forgotten");
    co_return Result<>();
}

// --- given back by the admin

net::Task<Result<>> Enrollment::beginRelease() {
    if (!record_->provisioned) {
        co_return fail(kNotPaired, "this gateway belongs to no tenant; there is nothing to unpair");
    }
    const auto& bundle = record_->provisioned->bundle;
    record_->releasing = PendingRelease{bundle.tenantId, bundle.epoch};
    log_.info("enrollment.releasing", {{"tenant_id", bundle.tenantId}, {"epoch", bundle.epoch}});
    co_return co_await save();
}

// The control plane refuses to take another offer of a gateway that it believes bound, so it is
// told first. The device key signs: certificate and bus keys are gone by now.
net::Task<Result<>> Enrollment::tellRelease() {
    show(statusOf(PairingState::Contacting,
                  "This gateway was given back; the control plane is yet to be told."));
    ControlPlaneClient client(ports_.anonymous);
    while (!stopped_) {
        const pairing::ReleaseRequest request{record_->keys.gatewayId(),
                                              record_->releasing->tenantId,
                                              record_->releasing->epoch,
                                              toUnixMilliseconds(ports_.clock.wallNow())};
        auto raw = request.write();
        PCG_CO_TRY(auto signature, signedBy(pairing::releaseSigningInput(raw)));
        const auto answer = co_await client.release(std::move(raw), std::move(signature));
        if (answer) {
            backoff_.reset();
            if (const auto* refusal = std::get_if<pairing::Refusal>(&*answer)) {
                // Nothing that is asked again would be answered otherwise; if the gateway is still
                // bound there, the next offer says so.
                log_.warn("enrollment.release_refused", {{"code", refusal->code}});
            }
            record_->releasing.reset();
            PCG_CO_CHECK(co_await save());
            log_.info("enrollment.released");
            co_return Result<>();
        }
        showProblem(PairingState::Contacting, answer.error());
        co_await pause(backoff_.next() + 500ms);
    }
    co_return stopping();
}

}  // namespace pcg::gateway
