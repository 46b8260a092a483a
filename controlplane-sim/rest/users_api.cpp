// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/rest/users_api.h"

#include "common/codec/name_rule.h"
#include "controlplane-sim/tenancy/errc.h"
#include "controlplane-sim/tenancy/users.h"

namespace pcg::controlplane::rest {
namespace {

namespace json = codec::json;

constexpr std::string_view kList = "users";

Error noSuchUser() { return {kNotFound, "There is no such user. GET /api/v1/users lists them."}; }

json::Object storedPart(const User& user) {
    return json::Object()
        .set("username", user.username)
        .set("role", roleName(user.role))
        .set("created_at", toRfc3339(user.createdAt));
}

json::Object describe(const User& user) {
    return storedPart(user).set(
        "last_sign_in_at",
        user.lastSignInAt ? json::Value(toRfc3339(*user.lastSignInAt)) : json::Value());
}

Reply replyWith(int status, const User& user) {
    auto body = describe(user);
    const Etag etag(storedPart(user), body);
    return {status, std::move(body), etag};
}

Checked<UserRole> roleIn(const Fields& body) {
    return parseRole(PCG_TRY(body.oneOf("role", {"admin", "operator", "auditor"})));
}

// Runs `change` on the user if it is there and the condition holds; on the storage thread.
template <class Change>
auto changeUser(Services services, const Call& call, Change change) {
    auto work = [scope = call.scope(),
                 username = std::string(call.params().text("username")),
                 condition = call.ifMatch(),
                 change =
                     std::move(change)](store::Database& database) -> Checked<std::optional<User>> {
        Users users(database);
        const auto found = PCG_TRY(users.find(scope, username));
        if (!found) return tl::unexpected<Refusal>(noSuchUser());
        PCG_TRY(condition.check(Etag(storedPart(*found))));
        return change(users, scope, username);
    };
    return services.store.run(std::move(work));
}

}  // namespace

void UsersApi::addTo(ApiRoutes& routes) {
    routes.add({"GET", "/api/v1/users", Who::Auditor}, this, &UsersApi::list);
    routes.add({"POST", "/api/v1/users", Who::Admin, true}, this, &UsersApi::create);
    routes.add({"GET", "/api/v1/users/{username}", Who::Auditor}, this, &UsersApi::get);
    routes.add({"PATCH", "/api/v1/users/{username}", Who::Admin, true}, this, &UsersApi::change);
    routes.add({"DELETE", "/api/v1/users/{username}", Who::Admin}, this, &UsersApi::remove);
    routes.add({"POST", "/api/v1/users/{username}/reset-password", Who::Admin, true},
               this,
               &UsersApi::resetPassword);
}

net::Task<Checked<Reply>> UsersApi::list(Call& call) {
    PCG_CO_TRY(const auto page, call.page(kList, 1));
    auto work = [scope = call.scope(),
                 after = page.after.empty() ? std::string() : page.after.front(),
                 limit = page.limit + 1](store::Database& database) {
        return Users(database).list(scope, after, limit);
    };
    PCG_CO_TRY(auto users, co_await services_.store.run(std::move(work)));
    std::optional<std::string> next;
    if (users.size() > page.limit) {
        users.pop_back();
        next = writeCursor(kList, {users.back().username});
    }
    json::Array items;
    for (const auto& user : users) items.push_back(describe(user));
    co_return Reply{200, pageBody(std::move(items), next), std::nullopt};
}

net::Task<Checked<Reply>> UsersApi::create(Call& call) {
    const auto body = call.body();
    PCG_CO_CHECK(body.only({"username", "role"}));
    PCG_CO_TRY(auto username, body.parsed("username", 1024, codec::parseLoginName));
    PCG_CO_TRY(const auto role, roleIn(body));
    auto password = randomSecret(services_.random);
    auto typed = Secret::fromText(password);
    PCG_CO_TRY(auto hash, co_await passwords_.hash(std::move(typed)));
    auto work = [scope = call.scope(),
                 user = NewUser{std::move(username), role, std::move(hash)},
                 now = services_.clock.wallNow()](store::Database& database) {
        return Users(database).add(scope, user, now);
    };
    const auto added = co_await services_.store.run(std::move(work));
    if (!added) {
        Refusal refusal(added.error());
        if (added.error().is(kNameTaken)) refusal.field = "username";
        co_return tl::unexpected<Refusal>(std::move(refusal));
    }
    auto reply = replyWith(201, *added);
    reply.body.set("password", password);
    wipe(password);
    co_return reply;
}

net::Task<Checked<Reply>> UsersApi::get(Call& call) {
    auto work = [scope = call.scope(), username = std::string(call.params().text("username"))](
                    store::Database& database) { return Users(database).find(scope, username); };
    PCG_CO_TRY(const auto user, co_await services_.store.run(std::move(work)));
    if (!user) co_return fail(noSuchUser());
    co_return replyWith(200, *user);
}

net::Task<Checked<Reply>> UsersApi::change(Call& call) {
    const auto body = call.body();
    PCG_CO_CHECK(body.only({"role"}));
    PCG_CO_TRY(const auto role, roleIn(body));
    auto setRole = [role](Users& users,
                          const TenantScope& scope,
                          const std::string& username) -> Checked<std::optional<User>> {
        return std::optional<User>(PCG_TRY(users.setRole(scope, username, role)));
    };
    PCG_CO_TRY(const auto user, co_await changeUser(services_, call, std::move(setRole)));
    co_return replyWith(200, *user);
}

net::Task<Checked<Reply>> UsersApi::remove(Call& call) {
    auto take = [](Users& users,
                   const TenantScope& scope,
                   const std::string& username) -> Checked<std::optional<User>> {
        PCG_TRY(users.remove(scope, username));
        return std::nullopt;
    };
    PCG_CO_CHECK(co_await changeUser(services_, call, std::move(take)));
    co_return Reply{204, {}, std::nullopt};
}

net::Task<Checked<Reply>> UsersApi::resetPassword(Call& call) {
    const auto body = call.body();
    PCG_CO_CHECK(body.only({"keep_tokens"}));
    PCG_CO_TRY(const bool keepTokens, body.booleanOr("keep_tokens", false));
    auto password = randomSecret(services_.random);
    auto typed = Secret::fromText(password);
    PCG_CO_TRY(auto hash, co_await passwords_.hash(std::move(typed)));
    auto set = [hash = std::move(hash), keepTokens](
                   Users& users,
                   const TenantScope& scope,
                   const std::string& username) -> Checked<std::optional<User>> {
        PCG_TRY(users.resetPassword(scope, username, hash, keepTokens));
        return std::nullopt;
    };
    PCG_CO_CHECK(co_await changeUser(services_, call, std::move(set)));
    Reply reply;
    reply.body.set("password", password);
    wipe(password);
    co_return reply;
}

}  // namespace pcg::controlplane::rest
