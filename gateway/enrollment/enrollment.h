// SPDX-License-Identifier: Apache-2.0
// The gateway's way from "belongs to nobody" to "has papers": M0 to M13 as one coroutine around the
// sans-I/O responder, resumable at every durable state (crash table of docs/protocol/pairing.md).
//
// The code is shown only while the control plane holds the offer. An attempt is durable before it
// is answered, the console's yes before it is sent, the papers before they are used. Lost
// connections are retried for ever with full jitter; what needs a person ends up in the status as a
// sentence. Loop thread; the slow password stretching runs where `stretch` puts it. Owns one timer
// a wait; stop() ends every wait.
#pragma once

#include "common/base/backoff.h"
#include "common/base/clock.h"
#include "common/log/log.h"
#include "gateway/console/pairing_status.h"
#include "gateway/enrollment/control_plane_client.h"
#include "gateway/enrollment/enrollment_record.h"
#include "gateway/enrollment/enrollment_store.h"
#include "gateway/enrollment/offer_session.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace pcg::gateway {

struct EnrollmentPorts {
    EnrollmentStore& store;
    const Clock& clock;
    Random& random;
    // Calls to the control plane, over TLS that trusts what the operator configured.
    std::shared_ptr<http::Caller> anonymous;
    // The same, presenting this client certificate.
    std::function<Result<std::shared_ptr<http::Caller>>(const std::string& chainPem, Secret keyPem)>
        authenticated;
    // pairing::passwordScalar on another thread.
    std::function<net::Task<Result<crypto::Scalar>>(pairing::PairingCode code, pairing::Sid sid)>
        stretch;
    std::function<void(const PairingStatus&)> onStatus;
};

struct EnrollmentFacts {
    std::string hostname;
    std::string softwareVersion;
    std::string expectedTenant;
    std::optional<pairing::Hash> pinnedRootSpkiSha256;
};

class Enrollment {
  public:
    Enrollment(EnrollmentPorts ports, EnrollmentFacts facts);

    // Makes the identity on a first boot. Once, before anything else.
    net::Task<Result<>> load();

    // Returns when there are papers; at once if there were. Fails only when stopped or when the
    // store fails.
    net::Task<Result<>> untilProvisioned();

    // M13, to be called when the bus took our hello. Retries until the control plane took it.
    // enrollment.over: it does not know us any more; the papers are gone, begin again.
    net::Task<Result<>> acknowledge();

    // A new bus token and, when it is due, a new certificate for a new key: afterwards they are in
    // record(). enrollment.over: the tenant released us. enrollment.quarantined and
    // enrollment.certificate_over: a person has to act; the papers are kept. Called while
    // another call is under way it waits for that one and has its result.
    net::Task<Result<>> renew();

    // What a person has to act on; nothing once a renewal was answered.
    const std::optional<Error>& renewalTrouble() const { return renewalTrouble_; }

    WallTime certificateDueAt() const;

    // The pairing is over: forgets the papers and their keys, keeps the identity.
    net::Task<Result<>> forget();

    // The admin gives the gateway back. Durable when it returns; then forget() is due, at the
    // latest after the next start, and untilProvisioned() tells the control plane before it offers
    // the gateway again. enrollment.not_paired when there is nothing to give back.
    net::Task<Result<>> beginRelease();

    // The console's or pcgctl's word; `remote`: what the tenant may administer, if that was said.
    // enrollment.nothing_to_decide when nobody asked.
    Result<> decide(bool accept, std::optional<RemoteAccess> remote = std::nullopt);
    void liftCooldown();
    void stop();

    const PairingStatus& status() const { return status_; }

    // After load().
    const EnrollmentRecord& record() const { return *record_; }

  private:
    struct RunningRenewal;

    net::Task<Result<>> save();
    net::Task<void> takeBackUnsaved();
    net::Task<Result<>> nextStep();
    net::Task<Result<>> tellRelease();
    net::Task<Result<>> offerOnce();
    net::Task<Result<std::shared_ptr<OfferSession>>> openOffer();
    net::Task<Result<>> serveOffer(std::shared_ptr<OfferSession> session);
    net::Task<Result<bool>> perform(std::shared_ptr<OfferSession> session,
                                    pairing::GatewayAction& item);
    net::Task<Result<>> sendOut(std::shared_ptr<OfferSession> session, pairing::Envelope envelope);
    net::Task<Result<>> onAccepted(std::shared_ptr<OfferSession> session,
                                   pairing::Acceptance acceptance);
    net::Task<Result<>> enrollOnce();
    net::Task<Result<>> renewNow();
    net::Task<Result<>> prepareRenewal();
    net::Task<Result<>> takeRenewal(pairing::RenewReply reply);
    Result<> takeCertificate(crypto::EcKey key, const pairing::RenewReply& reply);
    net::Task<Result<>> restAfterTooManyAttempts();
    net::Task<void> pause(std::chrono::milliseconds time);
    Result<ControlPlaneClient> authenticatedClient() const;
    Result<std::string> signedBy(BytesView input) const;
    pairing::GatewayFacts gatewayFacts() const;
    void show(PairingStatus status);
    void showActive();
    void showOffer(const OfferSession& session, std::string message);
    void showQuestion(const OfferSession& session);
    void showProblem(PairingState state, const Error& error);

    EnrollmentPorts ports_;
    EnrollmentFacts facts_;
    log::Logger log_{"enrollment"};
    std::optional<EnrollmentRecord> record_;
    PairingStatus status_;
    std::optional<Error> renewalTrouble_;
    std::shared_ptr<RunningRenewal> renewal_;  // one at a time
    std::shared_ptr<OfferSession> session_;
    Backoff backoff_;
    std::optional<net::Timer> waiting_;
    bool stopped_ = false;
};

}  // namespace pcg::gateway
