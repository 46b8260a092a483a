// SPDX-License-Identifier: Apache-2.0
// Renewal (docs/protocol/pairing.md): asked for durably, answered once, believed only if it is for
// our keys.
#include "common/crypto/csr.h"
#include "gateway/enrollment/enrollment.h"
#include "gateway/enrollment/errc.h"
#include "gateway/enrollment/papers.h"

namespace pcg::gateway {
namespace {

Error errorOf(const pairing::Refusal& refusal) {
    namespace codes = pairing::renewal;
    const auto why = refusal.detail.empty() ? refusal.code : refusal.detail;
    if (refusal.code == codes::kReleased)
        return Error(kOver, "the tenant released this gateway: " + why);
    if (refusal.code == codes::kQuarantined) return Error(kQuarantined, why);
    if (refusal.code == codes::kCertificate) return Error(kCertificateOver, why);
    return Error(kRefused,
                 "the control plane did not renew the papers (" + refusal.code + "): " + why);
}

}  // namespace

// Who asks while one is under way waits for its result: a second request beside it could be sent
// before it is stored, and the ratchet must never move ahead of what the disk knows.
struct Enrollment::RunningRenewal {
    explicit RunningRenewal(net::Executor executor) : over(executor, SteadyTime::max()) {}

    net::Timer over;  // cancelled when there is a result
    std::optional<Result<>> result;
};

// Written before it is sent. One that is there already is repeated: it may have been answered.
net::Task<Result<>> Enrollment::prepareRenewal() {
    auto& provisioned = *record_->provisioned;
    if (provisioned.renewal) co_return Result<>();
    const auto now = ports_.clock.wallNow();
    PendingRenewal pending;
    pairing::RenewRequest request;
    request.renewId = ports_.random.array<16>();
    request.gatewayId = provisioned.bundle.gatewayId;
    request.epoch = provisioned.bundle.epoch;
    request.nkeyPub = record_->keys.nkey.publicKey().text();
    request.ratchet = provisioned.ratchet;
    request.at = toUnixMilliseconds(now);
    if (now >= certificateDue(provisioned)) {
        PCG_CO_TRY(auto key, crypto::EcKey::generate(crypto::EcCurve::P256));
        PCG_CO_TRY(request.csr, crypto::createCsr(key, request.gatewayId));
        pending.tls = std::move(key);
    }
    pending.body = request.write();
    provisioned.renewal = std::move(pending);
    auto saved = co_await save();
    // Never sent, so it can be made anew.
    if (!saved && record_->provisioned) record_->provisioned->renewal.reset();
    co_return saved;
}

net::Task<Result<>> Enrollment::renew() {
    if (const auto running = renewal_) {
        while (!running->result) co_await running->over.async_wait(net::kAwaitTuple);
        co_return *running->result;
    }
    const auto own = std::make_shared<RunningRenewal>(co_await net::asio::this_coro::executor);
    renewal_ = own;
    own->result = co_await renewNow();
    renewal_.reset();
    own->over.cancel();
    co_return *own->result;
}

net::Task<Result<>> Enrollment::renewNow() {
    if (!record_->provisioned) co_return fail(kOver, "there is no pairing to renew");
    PCG_CO_CHECK(co_await prepareRenewal());
    if (!record_->provisioned) co_return fail(kOver, "the pairing was given up meanwhile");
    PCG_CO_TRY(auto client, authenticatedClient());
    const auto body = record_->provisioned->renewal->body;
    PCG_CO_TRY(auto signature, signedBy(pairing::renewSigningInput(body)));
    std::string path(pairing::kRenewPath);
    auto sent = body;
    PCG_CO_TRY(auto answer,
               co_await client.renew(std::move(path), std::move(sent), std::move(signature)));
    if (!record_->provisioned) co_return fail(kOver, "the pairing was given up meanwhile");
    const auto& pending = record_->provisioned->renewal;
    if (!pending || pending->body != body) co_return Result<>();  // another call was faster
    if (const auto* refusal = std::get_if<pairing::Refusal>(&answer)) {
        auto error = errorOf(*refusal);
        renewalTrouble_ = error;
        co_return fail(std::move(error));
    }
    renewalTrouble_.reset();
    co_return co_await takeRenewal(std::get<pairing::RenewReply>(std::move(answer)));
}

// What is not for us, or whose time is over (the answer may be an old one, given again), is left;
// the ratchet has moved in any case.
net::Task<Result<>> Enrollment::takeRenewal(pairing::RenewReply reply) {
    auto& provisioned = *record_->provisioned;
    const auto now = ports_.clock.wallNow();
    auto pending = std::move(*provisioned.renewal);
    provisioned.renewal.reset();
    if (reply.ratchet.value) provisioned.ratchet = reply.ratchet;
    Result<> taken;
    if (pending.tls) {
        taken =
            checkCertificate(provisioned, reply.clientCertChain, pending.tls->publicSpki(), now);
        if (taken) PCG_CO_CHECK(takeCertificate(std::move(*pending.tls), reply));
    }
    const bool certified = pending.tls && taken;
    if (auto good = checkUserJwt(provisioned.bundle, record_->keys, reply.userJwt, now); good) {
        provisioned.bundle.bus.userJwt = std::move(reply.userJwt);
    } else {
        taken = std::move(good);
    }
    log_.info("enrollment.renewed",
              {{"certificate", certified}, {"renewals", provisioned.ratchet.counter}});
    PCG_CO_CHECK(co_await save());
    co_return taken;
}

Result<> Enrollment::takeCertificate(crypto::EcKey key, const pairing::RenewReply& reply) {
    record_->keys.csr = PCG_TRY(crypto::createCsr(key, record_->keys.gatewayId()));
    record_->keys.tls = std::move(key);
    record_->provisioned->bundle.clientCertChain = reply.clientCertChain;
    record_->provisioned->certificateIssuedAt = reply.issuedAt;
    return {};
}

WallTime Enrollment::certificateDueAt() const {
    return record_->provisioned ? certificateDue(*record_->provisioned) : WallTime::max();
}

}  // namespace pcg::gateway
