// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/deploy/minted_access.h"

#include "controlplane-sim/deploy/errc.h"
#include "test/fakes/tenant_database.h"

#include <gtest/gtest.h>

#include "sim_cloud.h"

namespace pcg::controlplane::deploy {
namespace {

namespace json = codec::json;

const auto kEndpoint = wire::EndpointId::unchecked("ep_00000000000000000000000000");
const auto kGateway = wire::GatewayId::unchecked("gw_00000000000000000000000000");

// A gateway with the keys of one endpoint.
class KeyGateway final : public GatewayCalls {
  public:
    explicit KeyGateway(Random& random) : random_(random) {}

    net::Task<Result<GatewayAnswer>> ask(TenantScope,
                                         wire::GatewayId,
                                         GatewayRequest request) override {
        asked.push_back(request.method);
        actors.insert(request.actor);
        if (offline) co_return fail(kGatewayOffline, "The gateway is not connected.");
        if (!allowed) co_return GatewayAnswer{403, {}};
        if (request.method == "GET") co_return list();
        if (request.method == "DELETE") co_return GatewayAnswer{remove(request.target), {}};
        co_return make(request.body);
    }

    net::Task<void> untilReported(TenantScope, wire::GatewayId, wire::EndpointId, bool) override {
        co_return;
    }

    std::string add(const std::string& label) {
        const auto id = wire::newId<wire::AccessKeyId>(random_).text();
        keys.emplace(id, label);
        return id;
    }

    std::size_t made() const {
        return static_cast<std::size_t>(std::count(asked.begin(), asked.end(), "POST"));
    }

    bool offline = false;
    bool allowed = true;
    int losePosts = 0;  // they are executed
    std::function<void()> onPost;
    std::map<std::string, std::string> keys;  // id, label
    std::vector<std::string> asked;
    std::set<std::string> actors;
    std::string role;

  private:
    GatewayAnswer list() const {
        json::Array items;
        for (const auto& [id, label] : keys)
            items.emplace_back(json::Object().set("id", id).set("label", label));
        return {200, json::Object().set("items", std::move(items))};
    }

    int remove(const std::string& target) {
        return keys.erase(target.substr(target.rfind('/') + 1)) == 1 ? 204 : 404;
    }

    Result<GatewayAnswer> make(const json::Object& body) {
        role = *body.string("role", 32);
        const auto id = add(*body.string("label", 64));
        if (onPost) onPost();
        if (losePosts > 0) {
            --losePosts;
            return fail(kGatewaySilent, "The gateway did not answer.");
        }
        return GatewayAnswer{201, json::Object().set("username", id).set("password", "pw-" + id)};
    }

    Random& random_;
};

// The stored keys, without the endpoints' own rows.
class StoredKeys final : public EndpointAccess {
  public:
    StoredKeys(store::Worker& store, Seals& seals) : store_(store), seals_(seals) {}

    net::Task<Result<Access>> access(TenantScope scope,
                                     wire::GatewayId,
                                     wire::EndpointId endpoint,
                                     Minting) override {
        auto work = [this, scope, endpoint](store::Database& database) -> Result<Access> {
            auto key = PCG_TRY(OrchestratorKeys(database, seals_).find(scope, endpoint));
            if (!key) return fail(kNoAccessKey, "None.");
            return Access{"vcenter", {}, {}, std::move(key->username), std::move(key->password)};
        };
        co_return co_await store_.run(std::move(work));
    }

  private:
    store::Worker& store_;
    Seals& seals_;
};

class RowsOfAudit final : public AuditSink {
  public:
    void record(const wire::TenantId&, AuditEvent event) override {
        rows.push_back(std::move(event));
    }

    std::vector<AuditEvent> rows;
};

class OrchestratorsOwnKey : public ::testing::Test {
  protected:
    OrchestratorsOwnKey() : store_(open()) {}

    std::unique_ptr<store::Database> open() {
        auto database = test::openTenantDatabase(dir_.path(), random_);
        const auto& id = scope_.tenant().text();
        EXPECT_TRUE(database->execute(
            "INSERT INTO tenants (id, name, created_at_ms) VALUES (?, ?, 1)", {id, id}));
        return database;
    }

    static net::Task<void> ask(EndpointAccess& access,
                               TenantScope scope,
                               Minting minting,
                               Result<Access>& result) {
        result = co_await access.access(std::move(scope), kGateway, kEndpoint, minting);
    }

    std::vector<Result<Access>> access(std::size_t times, Minting minting = Minting::Allowed) {
        std::vector<Result<Access>> results;
        for (std::size_t i = 0; i < times; ++i) results.push_back(fail(kWeather, "No answer."));
        for (auto& result : results)
            net::asio::co_spawn(loop_, ask(minted_, scope_, minting, result), net::asio::detached);
        loop_.restart();
        loop_.run();
        return results;
    }

    Result<Access> access() { return std::move(access(1).front()); }

    void give(const std::string& username) {
        EXPECT_TRUE(store_.post([this, username](store::Database& database) {
            return OrchestratorKeys(database, seals_)
                .put(scope_, kEndpoint, username, Secret::fromText("given"));
        }));
    }

    test::TempDir dir_;
    SeededRandom random_{9};
    FakeClock clock_;
    TenantScope scope_ = scopeForTest(random_);
    net::Loop loop_{1};
    Seals seals_;
    store::Worker store_;
    StoredKeys stored_{store_, seals_};
    KeyGateway gateway_{random_};
    RowsOfAudit audit_;
    MintedAccess minted_{{loop_, store_, seals_, stored_, gateway_, audit_, clock_, random_}};
};

TEST_F(OrchestratorsOwnKey, IsMadeByTheGatewayOnceAndKept) {
    const auto first = access();
    const auto second = access();

    ASSERT_TRUE(first && second);
    EXPECT_EQ(gateway_.made(), 1U);
    EXPECT_EQ(gateway_.role, "deploy");
    EXPECT_EQ(gateway_.actors, std::set<std::string>{"orchestrator"});
    ASSERT_EQ(gateway_.keys.size(), 1U);
    EXPECT_EQ(first->username, gateway_.keys.begin()->first);
    EXPECT_EQ(first->password.revealText(), "pw-" + first->username);
    EXPECT_EQ(second->username, first->username);
    EXPECT_TRUE(gateway_.keys.begin()->second.starts_with("orchestrator "));
    ASSERT_EQ(audit_.rows.size(), 1U);
    EXPECT_EQ(audit_.rows[0].actor.kind, ActorKind::Orchestrator);
    EXPECT_EQ(audit_.rows[0].action, "key.add");
    EXPECT_EQ(audit_.rows[0].target.id, kEndpoint.text());
    EXPECT_EQ(audit_.rows[0].detail.find("pw-"), std::string::npos);
}

TEST_F(OrchestratorsOwnKey, IsMadeOnceForAllWhoAskAtTheSameTime) {
    const auto results = access(5);

    for (const auto& result : results) {
        ASSERT_TRUE(result);
        EXPECT_EQ(result->username, results[0]->username);
    }
    EXPECT_EQ(gateway_.made(), 1U);
}

TEST_F(OrchestratorsOwnKey, ALostAnswerLeavesNoKeyThatNobodyUses) {
    const auto theirs = gateway_.add("orchestrator");
    gateway_.losePosts = 2;

    const auto lost = access();
    EXPECT_FALSE(lost);
    EXPECT_TRUE(lost.error().is(kGatewaySilent));
    EXPECT_FALSE(access());
    const auto found = access();

    ASSERT_TRUE(found);
    EXPECT_EQ(gateway_.made(), 3U);
    EXPECT_EQ(gateway_.keys.size(), 2U);
    EXPECT_TRUE(gateway_.keys.contains(theirs));
    EXPECT_TRUE(gateway_.keys.contains(found->username));
}

TEST_F(OrchestratorsOwnKey, WhereItIsNotAllowedTheAnswerSaysWhatToDo) {
    gateway_.allowed = false;

    const auto refused = access();

    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().is(kNoAccessKey));
    EXPECT_NE(refused.error().message().find("pcgctl remote allow keys"), std::string::npos);
    EXPECT_NE(refused.error().message().find("orchestrator-key"), std::string::npos);
    gateway_.allowed = true;
    EXPECT_TRUE(access());
}

TEST_F(OrchestratorsOwnKey, AGatewayThatIsAwayIsAskedAgainLater) {
    gateway_.offline = true;

    const auto away = access();

    ASSERT_FALSE(away);
    EXPECT_FALSE(away.error().isInput());
    gateway_.offline = false;
    EXPECT_TRUE(access());
}

TEST_F(OrchestratorsOwnKey, OneThatSomebodyGivesMeanwhileCountsAndTheOtherIsRevoked) {
    gateway_.onPost = [this] { give("ak_given"); };

    const auto found = access();

    ASSERT_TRUE(found);
    EXPECT_EQ(found->username, "ak_given");
    EXPECT_TRUE(gateway_.keys.empty());
    EXPECT_TRUE(audit_.rows.empty());
}

TEST_F(OrchestratorsOwnKey, IsNotMadeForThoseWhoOnlyRead) {
    const auto refused = std::move(access(1, Minting::Never).front());

    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().is(kNoAccessKey));
    EXPECT_NE(refused.error().message().find("operator or admin"), std::string::npos);
    EXPECT_TRUE(gateway_.asked.empty());
    EXPECT_TRUE(audit_.rows.empty());

    const auto made = access();
    ASSERT_TRUE(made);
    EXPECT_EQ(access(1, Minting::Never).front()->username, made->username);
}

TEST_F(OrchestratorsOwnKey, IsNotAskedForWhenOneWasGiven) {
    give("ak_given");

    EXPECT_EQ(access()->username, "ak_given");
    EXPECT_TRUE(gateway_.asked.empty());
}

}  // namespace
}  // namespace pcg::controlplane::deploy
