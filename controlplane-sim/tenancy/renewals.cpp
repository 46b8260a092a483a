// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/tenancy/renewals.h"

#include "controlplane-sim/lifetimes.h"
#include "controlplane-sim/tenancy/errc.h"

namespace pcg::controlplane {
namespace {

namespace codes = pairing::renewal;

std::optional<renewal::Refused> refusalFor(const Gateway& gateway,
                                           const RenewalRequest& request,
                                           WallTime now) {
    if (gateway.state == GatewayState::Released || gateway.epoch > request.epoch) {
        return renewal::Refused{
            codes::kReleased,
            "the tenant has released this gateway, or paired it anew; these papers are void"};
    }
    if (!gateway.quarantine.empty())
        return renewal::Refused{codes::kQuarantined, gateway.quarantine};
    if (gateway.epoch != request.epoch || gateway.nkey != request.nkey) {
        return renewal::Refused{codes::kMismatch,
                                "this epoch and bus key were not issued to this gateway"};
    }
    if (!request.showsCertificate && (!gateway.recoverUntil || *gateway.recoverUntil < now)) {
        return renewal::Refused{
            codes::kCertificate,
            "the gateway's certificate is missing or its time is over; the tenant can vouch for "
            "the gateway (POST /api/v1/gateways/{id}/recovery), or release it and pair it again"};
    }
    return std::nullopt;
}

// Behind: a copy has moved on, or this is one. Ahead is fine if it is genuine: then it is we whose
// database was set back.
bool isCopy(const Gateway& gateway, const RenewalRequest& request) {
    if (!request.hasRatchet) return gateway.renewals.has_value();
    return !request.isRatchetGenuine || request.counter < gateway.renewals.value_or(0);
}

}  // namespace

Result<RenewalOutcome> Renewals::renew(const PlatformAuthority& authority,
                                       const RenewalRequest& request,
                                       WallTime now,
                                       const MakePapers& makePapers) {
    return store::transact(database_, [&]() -> Result<RenewalOutcome> {
        const auto gateway = PCG_TRY(Gateways(database_).byId(authority, request.gateway));
        if (!gateway) return fail(kNotFound, "No such gateway.");
        if (auto refused = refusalFor(*gateway, request, now)) return std::move(*refused);
        if (auto before = PCG_TRY(answered(request))) return std::move(*before);
        if (isCopy(*gateway, request)) return quarantine(*gateway, request, now);
        return grant(*gateway, request, now, makePapers);
    });
}

Result<std::optional<RenewalOutcome>> Renewals::answered(const RenewalRequest& request) {
    const auto row = PCG_TRY(database_.queryOne(
        "SELECT request_sha256, counter, user_jwt, client_cert_chain, at_ms FROM renewals WHERE "
        "gateway_id = ? AND renew_id = ?",
        {request.gateway.text(), toBytes(request.id)}));
    if (!row) return std::nullopt;
    if (row->blob(0) != request.sha256) {
        return RenewalOutcome(renewal::Refused{
            codes::kMismatch, "this renewal was already answered for another request"});
    }
    return RenewalOutcome(
        RenewedPapers{row->text(2), row->text(3), row->integer(1), row->integer(4)});
}

Result<RenewalOutcome> Renewals::quarantine(const Gateway& gateway,
                                            const RenewalRequest& request,
                                            WallTime now) {
    const auto shown = request.hasRatchet
                           ? "the value of renewal " + std::to_string(request.counter)
                           : std::string("no ratchet value");
    const auto why = "Quarantined at " + toRfc3339(now) + ": a renewal showed " + shown +
                     ", which was used up (" + std::to_string(gateway.renewals.value_or(0)) +
                     " renewals were answered). The gateway was copied, or set back to an older "
                     "state. Find the copy, release the gateway and pair it again.";
    PCG_TRY(database_.execute("UPDATE gateways SET quarantine_why = ? WHERE id = ?",
                              {why, gateway.id.text()}));
    PCG_TRY(database_.execute(
        "INSERT OR IGNORE INTO revoked_nkeys (nkey, tenant_id, at_ms) VALUES (?, ?, ?)",
        {gateway.nkey.text(), gateway.tenant.text(), toUnixMilliseconds(now)}));
    PCG_TRY(log(gateway, "quarantined", "stale ratchet", now));
    return renewal::Quarantined{gateway, why};
}

Result<RenewalOutcome> Renewals::grant(const Gateway& gateway,
                                       const RenewalRequest& request,
                                       WallTime now,
                                       const MakePapers& makePapers) {
    auto papers = PCG_TRY(makePapers(gateway));
    papers.counter = request.counter + 1;
    papers.issuedAt = toUnixMilliseconds(now);
    const bool certified = !papers.clientCertChain.empty();
    PCG_TRY(database_.execute("UPDATE gateways SET renewals = ? WHERE id = ?",
                              {papers.counter, gateway.id.text()}));
    if (certified) {
        PCG_TRY(database_.execute("UPDATE gateways SET recover_until_ms = NULL WHERE id = ?",
                                  {gateway.id.text()}));
    }
    PCG_TRY(database_.execute(
        R"(INSERT INTO renewals
             (gateway_id, renew_id, request_sha256, counter, user_jwt, client_cert_chain, at_ms)
           VALUES (?, ?, ?, ?, ?, ?, ?)
           ON CONFLICT (gateway_id) DO UPDATE SET renew_id = excluded.renew_id,
             request_sha256 = excluded.request_sha256, counter = excluded.counter,
             user_jwt = excluded.user_jwt, client_cert_chain = excluded.client_cert_chain,
             at_ms = excluded.at_ms)",
        {gateway.id.text(),
         toBytes(request.id),
         request.sha256,
         papers.counter,
         papers.userJwt,
         papers.clientCertChain,
         papers.issuedAt}));
    PCG_TRY(log(gateway, "renewed", certified ? "token and certificate" : "token", now));
    return papers;
}

Result<> Renewals::log(const Gateway& gateway,
                       std::string_view what,
                       const std::string& detail,
                       WallTime now) {
    PCG_TRY(database_.execute(
        "INSERT INTO issuance_log (at_ms, tenant_id, gateway_id, what, "
        "detail) VALUES (?, ?, ?, ?, ?)",
        {toUnixMilliseconds(now), gateway.tenant.text(), gateway.id.text(), what, detail}));
    // A record for whoever looks into something, not an archive.
    PCG_TRY(database_.execute("DELETE FROM issuance_log WHERE number <= last_insert_rowid() - ?",
                              {kIssuanceLogRows}));
    return {};
}

}  // namespace pcg::controlplane
