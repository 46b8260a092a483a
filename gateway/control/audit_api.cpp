// SPDX-License-Identifier: Apache-2.0
#include "gateway/control/audit_api.h"

#include "gateway/control/control_answer.h"
#include "gateway/control/control_json.h"
#include "gateway/errc.h"
#include "gateway/state/audit_trail.h"

namespace pcg::gateway {
namespace {

namespace json = codec::json;

constexpr std::size_t kMaxRows = 500;  // events, and as many calls
constexpr std::size_t kRowsAStep = 2000;
constexpr ByteCount kMaxBody = 1_MiB;
constexpr std::size_t kMaxHeadsText = 512 * 1024;

Result<std::vector<KeptHead>> keptOf(const json::Object& body) {
    if (const auto known = body.onlyMembers({"heads"}); !known)
        return fail(errc::kBadField, known.error().message());
    const auto text = body.optionalString("heads", kMaxHeadsText);
    if (!text) return fail(errc::kBadField, text.error().message());
    return parseKeptHeads(text->value_or(""));
}

}  // namespace

void AuditApi::addTo(http::Router& router) {
    const auto to = [this](net::Task<void> (AuditApi::*method)(http::Exchange&, const Params&)) {
        return [this, method](http::Exchange& exchange, const Params& params) {
            return (this->*method)(exchange, params);
        };
    };
    router.add("GET", "/v1/audit", to(&AuditApi::list))
        .add("GET", "/v1/audit/heads", to(&AuditApi::heads))
        .add("POST", "/v1/audit/verify", to(&AuditApi::verify));
}

net::Task<void> AuditApi::list(http::Exchange& exchange, const Params&) {
    auto work = [](Storage storage) { return newestAuditRows(storage, kMaxRows); };
    auto rows = co_await state_.run(std::move(work));
    if (!rows) {
        co_await refuse(exchange, rows.error());
        co_return;
    }
    json::Object body;
    body.set("rows", toJson(*rows));
    co_await answer(exchange, 200, std::move(body));
}

net::Task<void> AuditApi::heads(http::Exchange& exchange, const Params&) {
    auto work = [](Storage storage) { return auditHeads(storage); };
    const auto heads = co_await state_.run(std::move(work));
    if (!heads) {
        co_await refuse(exchange, heads.error());
        co_return;
    }
    auto body = toJson(*heads);
    co_await answer(exchange, 200, std::move(body));
}

net::Task<void> AuditApi::verify(http::Exchange& exchange, const Params&) {
    const auto body = co_await readJson(exchange, kMaxBody);
    auto kept = body ? keptOf(*body) : fail(body.error());
    if (!kept) {
        co_await refuse(exchange, kept.error());
        co_return;
    }
    const auto checked = co_await check(std::move(*kept));
    if (!checked) {
        co_await refuse(exchange, checked.error());
        co_return;
    }
    auto shown = toJson(*checked);
    co_await answer(exchange, 200, std::move(shown));
}

net::Task<Result<AuditCheck>> AuditApi::check(std::vector<KeptHead> kept) {
    AuditCheck check(std::move(kept));
    bool isMore = true;
    while (isMore) {
        // By value and back: the storage thread touches no object of the loop.
        auto work = [check](Storage storage) mutable -> Result<std::pair<AuditCheck, bool>> {
            const bool again = PCG_TRY(check.step(storage.database, kRowsAStep));
            return std::pair(std::move(check), again);
        };
        PCG_CO_TRY(auto stepped, co_await state_.run(std::move(work)));
        check = std::move(stepped.first);
        isMore = stepped.second;
    }
    co_return check;
}

}  // namespace pcg::gateway
