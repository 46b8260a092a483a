// SPDX-License-Identifier: Apache-2.0
// The REST API over a real database, asked through exchanges made of strings. Its clock moves when
// the test says so.
#pragma once

#include "controlplane-sim/deploy_service.h"
#include "controlplane-sim/observe/deployment_watch.h"
#include "controlplane-sim/rest/api.h"
#include "controlplane-sim/tenancy/enrollments.h"
#include "controlplane-sim/tenancy/errc.h"
#include "controlplane-sim/tenancy/system_offers.h"
#include "test/fakes/fake_exchange.h"
#include "test/fakes/tenant_database.h"
#include "test/support/fake_clock.h"
#include "test/support/seeded_random.h"
#include "test/support/temp_dir.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

namespace pcg::controlplane {

PlatformAuthority makePlatformAuthorityForTest();

namespace json = codec::json;

class SomeOnline final : public LiveGateways {
  public:
    LiveGateway live(const TenantScope&, const wire::GatewayId& id) const override {
        LiveGateway gateway;
        gateway.online = online.contains(id.text());
        if (!gateway.online) gateway.why = "no heartbeat yet";
        gateway.sealing = sealing;
        gateway.remote = remote;
        return gateway;
    }

    std::optional<LiveEndpoint> endpoint(const TenantScope&,
                                         const wire::GatewayId&,
                                         const wire::EndpointId& id) const override {
        const auto known = endpoints.find(id);
        return known == endpoints.end() ? std::nullopt : std::optional(known->second);
    }

    std::set<std::string> online;
    std::map<wire::EndpointId, LiveEndpoint> endpoints;
    std::optional<LiveSealing> sealing;
    LiveRemote remote;
};

class RecordingLifecycle final : public Lifecycle {
  public:
    net::Task<Result<>> tenantCreated(wire::TenantId tenant) override {
        created.push_back(tenant.text());
        if (brokerIsDown) co_return fail(Error({ErrorClass::Weather, "bus.down"}, "down"));
        co_return Result<>{};
    }

    net::Task<Result<>> gatewayReleased(TenantScope, wire::GatewayId id) override {
        released.push_back(id.text());
        co_return Result<>{};
    }

    std::vector<std::string> created;
    std::vector<std::string> released;
    bool brokerIsDown = false;
};

// A gateway at the other end: keeps what it was asked, and answers as the test says.
class FakeGatewayCalls final : public GatewayCalls {
  public:
    net::Task<Result<GatewayAnswer>> ask(TenantScope,
                                         wire::GatewayId gateway,
                                         GatewayRequest request) override {
        gateways.push_back(gateway.text());
        asked.push_back(std::move(request));
        if (answers) co_return answers(asked.back());
        co_return answer;
    }

    net::Task<void> untilReported(TenantScope, wire::GatewayId, wire::EndpointId, bool) override {
        co_return;
    }

    Result<GatewayAnswer> answer = GatewayAnswer{204, {}};
    std::function<Result<GatewayAnswer>(const GatewayRequest&)> answers = {};  // instead
    std::vector<GatewayRequest> asked;
    std::vector<std::string> gateways;
};

class RecordingAudit final : public AuditSink {
  public:
    void record(const wire::TenantId&, AuditEvent event) override {
        events.push_back(std::move(event));
    }

    std::vector<AuditEvent> events;
};

class RecordingCare final : public TenantCare {
  public:
    net::Task<Result<>> rotateKey(wire::TenantId tenant) override {
        rotated.push_back(tenant.text());
        co_return Result<>{};
    }

    net::Task<Result<>> leave(wire::TenantId tenant) override {
        left.push_back(tenant.text());
        co_return Result<>{};
    }

    std::vector<std::string> rotated;
    std::vector<std::string> left;
};

// The platform's own gateways without a process: offered and withdrawn at once.
class FakeSystemGateways final : public SystemGatewayCare {
  public:
    net::Task<Result<Offered>> offer(wire::TenantId tenant) override {
        if (refusal) co_return fail(*refusal);
        const bool isNew = !views.contains(tenant.text());
        SystemGatewayView view{tenant, "starting", {}, std::nullopt, std::nullopt, 0, {}};
        views.emplace(tenant.text(), view);
        co_return Offered{view, isNew};
    }

    net::Task<Result<>> withdraw(wire::TenantId tenant) override {
        if (views.erase(tenant.text()) == 0) co_return fail(kNotFound, "None.");
        co_return Result<>{};
    }

    net::Task<Result<std::optional<SystemGatewayView>>> find(wire::TenantId tenant) override {
        const auto found = views.find(tenant.text());
        std::optional<SystemGatewayView> view;
        if (found != views.end()) view = found->second;
        co_return view;
    }

    net::Task<Result<std::vector<SystemGatewayView>>> list() override {
        std::vector<SystemGatewayView> all;
        for (const auto& [tenant, view] : views) all.push_back(view);
        co_return all;
    }

    std::map<std::string, SystemGatewayView> views;
    std::optional<Error> refusal;
};

class RestApi : public ::testing::Test {
  protected:
    RestApi()
        : store_(openStore()),
          authenticator_(store_, clock_, crypto::sha256("operator-token")),
          api_({store_,
                *envelope_,
                clock_,
                random_,
                live_,
                lifecycle_,
                calls_,
                deploy_,
                "saas.test",
                "127.0.0.1",
                audit_,
                events_,
                uploads_,
                metrics_,
                care_,
                systemGateways_},
               authenticator_) {
        api_.addTo(router_);
    }

    std::unique_ptr<store::Database> openStore() {
        auto database = test::openTenantDatabase(dir_.path(), random_);
        envelope_ = database->envelope();
        return database;
    }

    test::FakeExchange ask(http::RequestHead head, const std::string& body = {}) {
        if (!body.empty() && head.headers.find("Content-Type") == nullptr)
            head.headers.add("Content-Type", "application/json");
        const auto what = head.method + " " + head.target;
        test::FakeExchange exchange(std::move(head), body);
        net::Loop loop;
        net::asio::co_spawn(loop, router_.handle(exchange), net::asio::detached);
        loop.run_for(std::chrono::seconds(20));
        EXPECT_TRUE(exchange.finished) << what;
        return exchange;
    }

    test::FakeExchange call(const std::string& method,
                            const std::string& target,
                            const std::string& token,
                            const std::string& body = {},
                            const http::HeaderList& headers = {}) {
        http::RequestHead head{method, target, headers, {}};
        head.headers.add("Host", "saas.test");
        if (!token.empty()) head.headers.add("Authorization", "Bearer " + token);
        return ask(std::move(head), body);
    }

    static json::Object bodyOf(const test::FakeExchange& exchange) {
        auto parsed = json::parseObject(exchange.answerBody, 1_MiB);
        EXPECT_TRUE(parsed) << exchange.answerBody;
        return parsed ? *parsed : json::Object();
    }

    static std::string textOf(const json::Object& object, std::string_view name) {
        const auto text = object.string(name, 1_MiB);
        EXPECT_TRUE(text) << name << " in " << json::write(object);
        return text.value_or(std::string());
    }

    static std::string codeOf(const test::FakeExchange& exchange) {
        return textOf(bodyOf(exchange), "code");
    }

    static std::string headerOf(const test::FakeExchange& exchange, std::string_view name) {
        const auto* value = exchange.answer.headers.find(name);
        return value == nullptr ? std::string() : *value;
    }

    struct MadeTenant {
        std::string id;
        std::string token;
        std::string password;  // of "root"
    };

    MadeTenant makeTenantWithAdmin(const std::string& name) {
        const auto made = call("POST",
                               "/api/v1/tenants",
                               "operator-token",
                               R"({"name":")" + name + R"(","admin_username":"root"})");
        EXPECT_EQ(made.answer.status, 201) << made.answerBody;
        const auto body = bodyOf(made);
        return {textOf(**body.object("tenant"), "id"),
                textOf(body, "api_token"),
                textOf(**body.object("admin"), "password")};
    }

    std::string makeTenant(const std::string& name) { return makeTenantWithAdmin(name).token; }

    // The tenant that was made last gets a gateway; answers its id.
    std::string makeGateway(const std::string& name,
                            char nkey = 'A',
                            GatewayKind kind = GatewayKind::Paired) {
        auto authority = makePlatformAuthorityForTest();
        const auto scope = authority.scopeOf(*wire::parseTenantId(lifecycle_.created.back()));
        const auto id = wire::newId<wire::GatewayId>(random_);
        const auto claim = "claim-" + id.text();
        const auto issue = [=, now = clock_.wallNow()](store::Database& database) {
            const auto key = *wire::parseUserNkey("U" + std::string(55, nkey));
            Enrollments enrollments(database);
            if (kind == GatewayKind::System)
                (void)SystemOffers(database, authority)
                    .offer(scope.tenant(), "0a0b0c0d0e0f", 9, now);
            auto issued = enrollments.issue(
                scope, {claim, id, name, {1}, key, {2}, kind}, now, [](std::int64_t) {
                    return Result<Bytes>(Bytes{3});
                });
            if (issued) (void)enrollments.acknowledge(claim, id, now);
            return issued;
        };
        EXPECT_TRUE(store_.post(issue));  // jobs run in order: it is done before the next call
        return id.text();
    }

    test::TempDir dir_;
    test::FakeClock clock_;
    test::SeededRandom random_{11};
    SomeOnline live_;
    RecordingLifecycle lifecycle_;
    FakeGatewayCalls calls_;
    store::Envelope* envelope_ = nullptr;  // the database's
    net::Loop eventLoop_;
    EventHub events_{eventLoop_.get_executor(), {}};
    Metrics metrics_;
    RecordingAudit audit_;
    RecordingCare care_;
    FakeSystemGateways systemGateways_;
    store::Worker store_;
    PlatformAuthority authority_ = makePlatformAuthorityForTest();
    DeploymentWatch deploymentWatch_{events_, audit_, clock_};
    DeployService deploy_{{eventLoop_,
                           store_,
                           authority_,
                           clock_,
                           random_,
                           deploymentWatch_,
                           calls_,
                           audit_,
                           "127.0.0.1",
                           ""}};
    UploadWatch uploads_{{eventLoop_, store_, clock_, authority_, audit_, events_}};
    Authenticator authenticator_;
    Api api_;
    http::Router router_;
};

}  // namespace pcg::controlplane
