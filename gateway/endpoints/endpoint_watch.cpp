// SPDX-License-Identifier: Apache-2.0
// How the directory looks at its endpoints: the certificate first, by a handshake; the endpoint and
// its credentials only behind a certificate that is trusted.
#include "common/crypto/digest.h"
#include "common/log/log.h"
#include "gateway/endpoints/certificate_probe.h"
#include "gateway/endpoints/endpoint_core.h"
#include "gateway/errc.h"
#include "vcenter-proxy/errc.h"

#include <algorithm>

namespace pcg::gateway {
namespace {

namespace json = codec::json;

constexpr log::Logger kLog("endpoints");
constexpr std::chrono::milliseconds kHandshakeLimit{5000};
constexpr std::chrono::seconds kStopLimit{15};  // not shorter than a check may take

WarningCode warningOf(EndpointState state) {
    switch (state) {
        case EndpointState::Untrusted:
        case EndpointState::CertificateChanged:
            return WarningCode::EndpointUntrusted;
        case EndpointState::BadCredentials:
            return WarningCode::EndpointCredentialsRejected;
        default:
            return WarningCode::EndpointUnreachable;
    }
}

std::string sha256Of(BytesView der) { return toHex(crypto::sha256(der)); }

}  // namespace

std::string_view endpointStateName(EndpointState state) {
    switch (state) {
        case EndpointState::Checking:
            return "checking";
        case EndpointState::Ok:
            return "ok";
        case EndpointState::Unreachable:
            return "unreachable";
        case EndpointState::Untrusted:
            return "untrusted";
        case EndpointState::CertificateChanged:
            return "certificate_changed";
        case EndpointState::BadCredentials:
            return "bad_credentials";
    }
    return "checking";
}

EndpointState stateOf(const Error& error) {
    if (isTrustFailure(error)) return EndpointState::Untrusted;
    if (error.is(proxy::errc::kCredentialsRejected) || error.is(proxy::errc::kInvalidLogin)) {
        return EndpointState::BadCredentials;
    }
    return EndpointState::Unreachable;
}

Verdict judgeCertificate(const EndpointRecord& record, BytesView seen, const Error& refusal) {
    if (record.trust.kind == TrustKind::Ask) {
        return {
            EndpointState::Untrusted,
            "Nobody has approved the certificate that " + record.url + " shows (SHA-256 " +
                sha256Of(seen) +
                "). Compare it with the endpoint's own, then approve it; nothing is sent before."};
    }
    if (record.certificate.empty() || std::ranges::equal(record.certificate, seen)) {
        return {EndpointState::Untrusted, refusal.message()};
    }
    return {EndpointState::CertificateChanged,
            record.url + " shows another certificate (SHA-256 " + sha256Of(seen) +
                ") than the one that was trusted (SHA-256 " + sha256Of(record.certificate) +
                "). No call is sent there. If it was replaced on purpose, compare the SHA-256 and "
                "approve the new one; if nobody replaced it, somebody stands in between."};
}

std::chrono::milliseconds EndpointDirectory::Core::untilNextRound() {
    const auto whole = static_cast<std::uint64_t>(parts_.checkEvery.count());
    const auto spread = parts_.random.below(whole * 2 / 5 + 1);
    return std::chrono::milliseconds(whole * 4 / 5 + spread);
}

net::Task<void> EndpointDirectory::Core::watch(std::shared_ptr<Core> self) {
    while (!self->stopping_) {
        std::vector<wire::EndpointId> ids;
        for (const auto& view : self->views) ids.push_back(view.record.id);
        for (const auto& id : ids) {
            if (self->stopping_) break;
            co_await self->look(id);
        }
        if (self->stopping_) break;
        self->announce();  // that they were looked at is news, too
        self->tick_.expires_after(self->untilNextRound());
        co_await self->tick_.async_wait(net::kAwaitTuple);
    }
    self->watching_ = false;
    if (self->stopped_) self->stopped_->cancel();
}

net::Task<void> EndpointDirectory::Core::stop() {
    stopping_ = true;
    tick_.cancel();
    if (!watching_) co_return;
    stopped_.emplace(parts_.loop.get_executor(), kStopLimit);
    co_await stopped_->async_wait(net::kAwaitTuple);
}

// A call met another certificate: one look for all calls that do.
void EndpointDirectory::Core::doubt(const wire::EndpointId& id) {
    if (stopping_ || !doubted_.insert(id).second) return;
    net::asio::co_spawn(parts_.loop, lookSoon(shared_from_this(), id), net::asio::detached);
}

net::Task<void> EndpointDirectory::Core::lookSoon(std::shared_ptr<Core> self, wire::EndpointId id) {
    co_await self->look(id);
    self->doubted_.erase(id);
}

// The endpoint may be gone, or another, after each co_await: it is looked up again.
net::Task<void> EndpointDirectory::Core::look(wire::EndpointId id) {
    const auto* view = slot(id);
    if (view == nullptr) co_return;
    const auto trust = view->record.trust;
    const auto url = view->record.url;
    auto target = net::targetOfUrl(url, 443);
    auto context = contextFor(trust);
    if (!target || !context) {
        refused(id, {}, target ? context.error() : target.error());
        co_return;
    }
    auto seen = co_await lookAtCertificate(
        parts_.route, std::move(*context), std::move(*target), kHandshakeLimit);
    view = slot(id);
    // What was seen belongs to what was asked for then.
    if (view == nullptr || stopping_ || view->record.url != url || view->record.trust != trust) {
        co_return;
    }
    if (seen.refusal) {
        refused(id, std::move(seen.certificate), *seen.refusal);
    } else {
        co_await trusted(id, std::move(seen.certificate));
    }
}

void EndpointDirectory::Core::refused(const wire::EndpointId& id,
                                      Bytes certificate,
                                      const Error& why) {
    auto* view = slot(id);
    view->checkedAt = parts_.clock.wallNow();
    if (!isTrustFailure(why) || certificate.empty()) {
        settle(*view, EndpointState::Unreachable, why.message(), view->product);
        return;
    }
    auto verdict = judgeCertificate(view->record, certificate, why);
    const bool isNews = view->presented != certificate;
    view->presented = std::move(certificate);
    if (const auto caller = callers_.find(id); caller != callers_.end()) {
        caller->second->open(Error(why.code(), verdict.why));
    }
    if (isNews) {
        parts_.audit.note("endpoint.certificate_refused",
                          json::Object()
                              .set("name", view->record.name)
                              .set("sha256", sha256Of(view->presented))
                              .set("state", endpointStateName(verdict.state)));
    }
    settle(*view, verdict.state, std::move(verdict.why), view->product);
}

net::Task<void> EndpointDirectory::Core::trusted(wire::EndpointId id, Bytes certificate) {
    auto* view = slot(id);
    view->presented.clear();
    if (const auto caller = callers_.find(id); caller != callers_.end()) caller->second->close();
    if (view->record.certificate != certificate) {
        view->record.certificate = certificate;
        auto work = [id, certificate = std::move(certificate)](Storage storage) {
            return rememberCertificate(storage, id, certificate);
        };
        const auto kept = co_await parts_.state.run(std::move(work));
        if (!kept) kLog.failure(log::Level::Error, "endpoint.not_kept", kept.error());
    }
    co_await ask(id);
}

net::Task<void> EndpointDirectory::Core::ask(wire::EndpointId id) {
    auto report = co_await parts_.service.checkEndpoint(id);
    auto* view = slot(id);
    if (view == nullptr || stopping_) co_return;
    view->checkedAt = parts_.clock.wallNow();
    if (!report) {
        settle(*view, stateOf(report.error()), report.error().message(), view->product);
    } else if (report->credentials_error) {
        const auto state = stateOf(*report->credentials_error);
        settle(*view, state, report->credentials_error->message(), report->about.full_name);
    } else {
        settle(*view, EndpointState::Ok, "", report->about.full_name);
    }
}

void EndpointDirectory::Core::settle(EndpointView& view,
                                     EndpointState state,
                                     std::string why,
                                     std::string product) {
    const bool same = view.state == state && view.why == why;
    view.product = std::move(product);
    if (same) return;
    view.state = state;
    view.why = std::move(why);
    parts_.warnings.clearSubject(view.record.name);
    if (state == EndpointState::Ok) {
        kLog.info("endpoint.ok", {{"endpoint", view.record.name}, {"product", view.product}});
    } else {
        parts_.warnings.raise(warningOf(state), view.record.name, view.why);
        kLog.warn("endpoint.not_ok",
                  {{"endpoint", view.record.name},
                   {"state", endpointStateName(state)},
                   {"why", view.why}});
    }
    announce();
}

net::Task<Result<EndpointView>> EndpointDirectory::Core::approve(std::string name,
                                                                 std::string sha256,
                                                                 std::function<Result<>()> still) {
    PCG_CO_TRY(auto asked, find(name));
    const auto id = asked.record.id;
    co_await look(id);
    PCG_CO_TRY(auto view, find(id.text()));
    if (still) PCG_CO_CHECK(still());
    if (view.presented.empty()) {
        if (!view.record.certificate.empty() && sha256Of(view.record.certificate) == sha256) {
            co_return view;  // it is trusted already
        }
        co_return fail(errc::kOtherCertificate,
                       "sha256: " + view.record.name + " waits for no approval. " +
                           (view.why.empty() ? "Its certificate is the trusted one." : view.why));
    }
    if (sha256Of(view.presented) != sha256) {
        co_return fail(errc::kOtherCertificate,
                       "sha256: " + view.record.name + " shows a certificate with the SHA-256 " +
                           sha256Of(view.presented) + " now, not " + sha256 +
                           ". Compare again, then approve the one that it shows.");
    }
    parts_.audit.note(
        "endpoint.certificate_approved",
        json::Object().set("id", id.text()).set("name", view.record.name).set("sha256", sha256));
    EndpointChange change;
    change.checkedAgainst = EndpointIdentity::of(view.record);  // that showed the certificate
    change.trust = EndpointTrust{TrustKind::Pin, std::move(sha256)};
    co_return co_await apply(id, std::move(change));
}

}  // namespace pcg::gateway
