// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/rest/tokens_api.h"

#include "controlplane-sim/rest/passwords.h"
#include "controlplane-sim/tenancy/errc.h"

#include <algorithm>

namespace pcg::controlplane::rest {
namespace {

namespace json = codec::json;

constexpr std::string_view kList = "tokens";
constexpr std::int64_t kShortestLife = 60;
constexpr std::int64_t kLongestLife = 10LL * 366 * 24 * 3600;

Error noSuchToken() {
    return {kNotFound, "There is no such token. GET /api/v1/tokens lists them."};
}

json::Value timeOrNull(const std::optional<WallTime>& time) {
    return time ? json::Value(toRfc3339(*time)) : json::Value();
}

json::Object describe(const Token& token) {
    return json::Object()
        .set("id", token.id)
        .set("label", token.label)
        .set("role", roleName(token.role))
        .set("username", token.username)
        .set("created_at", toRfc3339(token.createdAt))
        .set("expires_at", timeOrNull(token.expiresAt))
        .set("last_used_at", timeOrNull(token.lastUsedAt));
}

}  // namespace

void TokensApi::addTo(ApiRoutes& routes) {
    routes.add({"GET", "/api/v1/tokens", Who::Auditor}, this, &TokensApi::list);
    routes.add({"POST", "/api/v1/tokens", Who::Auditor, true}, this, &TokensApi::create);
    routes.add({"DELETE", "/api/v1/tokens/{id}", Who::Auditor}, this, &TokensApi::remove);
}

net::Task<Checked<Reply>> TokensApi::list(Call& call) {
    PCG_CO_TRY(const auto page, call.page(kList, 1));
    const bool all = call.who().role == UserRole::Admin;
    auto work = [scope = call.scope(),
                 username = all ? std::string() : call.who().username,
                 after = page.after.empty() ? std::string() : page.after.front(),
                 limit = page.limit + 1](store::Database& database) {
        return Tokens(database).list(scope, username, after, limit);
    };
    PCG_CO_TRY(auto tokens, co_await services_.store.run(std::move(work)));
    std::optional<std::string> next;
    if (tokens.size() > page.limit) {
        tokens.pop_back();
        next = writeCursor(kList, {tokens.back().id});
    }
    json::Array items;
    for (const auto& token : tokens) items.push_back(describe(token));
    co_return Reply{200, pageBody(std::move(items), next), std::nullopt};
}

net::Task<Checked<Reply>> TokensApi::create(Call& call) {
    const auto body = call.body();
    PCG_CO_CHECK(body.only({"label", "role", "expires_in_s"}));
    PCG_CO_TRY(auto label, body.name("label"));
    PCG_CO_TRY(const auto roleText, body.oneOf("role", {"admin", "operator", "auditor"}));
    PCG_CO_TRY(const auto life, body.optionalInteger("expires_in_s", kShortestLife, kLongestLife));
    const auto role = parseRole(roleText);
    if (lesserRole(role, call.who().role) != role) {
        co_return refuseField("role",
                              "A token may do no more than you: your role is " +
                                  std::string(roleName(call.who().role)) + ".");
    }
    const auto now = services_.clock.wallNow();
    auto token = "pcg_" + randomSecret(services_.random);
    NewToken wanted{"tok_" + toHex(services_.random.array<13>()),
                    toBytes(crypto::sha256(token)),
                    std::move(label),
                    role,
                    call.who().username,
                    std::nullopt};
    if (life) wanted.expiresAt = now + std::chrono::seconds(*life);
    // What is made with a token does not outlive it: otherwise one that leaked for an hour is one
    // for ever.
    auto work = [scope = call.scope(), wanted, now, maker = call.who().tokenId](
                    store::Database& database) mutable -> Result<Token> {
        Tokens tokens(database);
        if (!maker.empty()) {
            const auto made = PCG_TRY(tokens.find(scope, maker));
            if (!made) return fail(kUnauthenticated, "This token was revoked meanwhile.");
            if (made->expiresAt)
                wanted.expiresAt =
                    std::min(wanted.expiresAt.value_or(*made->expiresAt), *made->expiresAt);
        }
        return tokens.add(scope, wanted, now);
    };
    PCG_CO_TRY(const auto added, co_await services_.store.run(std::move(work)));
    Reply reply{201, describe(added), std::nullopt};
    reply.body.set("token", token);
    wipe(token);
    co_return reply;
}

// Somebody else's token is not found, unless an admin asks.
net::Task<Checked<Reply>> TokensApi::remove(Call& call) {
    auto work = [scope = call.scope(),
                 id = std::string(call.params().text("id")),
                 username = call.who().username,
                 all = call.who().role == UserRole::Admin](store::Database& database) -> Checked<> {
        Tokens tokens(database);
        const auto found = PCG_TRY(tokens.find(scope, id));
        if (!found || (!all && found->username != username))
            return tl::unexpected<Refusal>(noSuchToken());
        PCG_TRY(tokens.remove(scope, id));
        return {};
    };
    PCG_CO_CHECK(co_await services_.store.run(std::move(work)));
    co_return Reply{204, {}, std::nullopt};
}

}  // namespace pcg::controlplane::rest
