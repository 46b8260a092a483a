// SPDX-License-Identifier: Apache-2.0
#include "common/codec/base64.h"
#include "controlplane-sim/audit/audit_sums.h"
#include "controlplane-sim/audit/audit_text.h"
#include "controlplane-sim/budget/budgets.h"
#include "controlplane-sim/ingress/failure.h"
#include "controlplane-sim/observe/deployment_watch.h"
#include "controlplane-sim/observe/event_hub.h"
#include "controlplane-sim/observe/gateway_watch.h"
#include "controlplane-sim/observe/metrics.h"
#include "controlplane-sim/observe/traffic.h"
#include "controlplane-sim/rest/change_event.h"
#include "controlplane-sim/rest/times.h"
#include "test/support/fake_clock.h"
#include "test/unit/tenantdata/fixture.h"

namespace pcg::controlplane::tenantdata {
namespace {

using namespace std::chrono_literals;

const auto kAcme = wire::TenantId::unchecked("tn_acme");
const auto kUmbra = wire::TenantId::unchecked("tn_umbra");
const auto kEndpoint = wire::EndpointId::unchecked("ep_1");

class TenantBudgets : public ::testing::Test {
  protected:
    using Entered = Result<std::unique_ptr<TenantBudget::Stream>>;

    static net::Task<void> enterInto(std::shared_ptr<TenantBudget> budget, Entered& entered) {
        entered = co_await budget->enter();
    }

    Entered enter(const wire::TenantId& tenant) {
        Entered entered;
        net::asio::co_spawn(loop_, enterInto(budgets_.of(tenant), entered), net::asio::detached);
        loop_.restart();
        loop_.run();
        return entered;
    }

    static BudgetLimits limits() {
        BudgetLimits limits;
        limits.requestsPerSecond = 10;
        limits.streams = 30;
        limits.longestWait = 0ms;
        limits.refusalDelay = 1ms;
        return limits;
    }

    net::Loop loop_;
    test::FakeClock clock_;
    Budgets budgets_{loop_, clock_, limits()};
};

TEST_F(TenantBudgets, DoNotBindATenantThatIsAlone) {
    for (int i = 0; i < 100; ++i) EXPECT_TRUE(enter(kAcme)) << i;
}

TEST_F(TenantBudgets, BindWhileAnotherTenantIsActiveAndRecoverWithTime) {
    ASSERT_TRUE(enter(kUmbra));
    int passed = 0;
    for (int i = 0; i < 100; ++i) passed += enter(kAcme) ? 1 : 0;
    EXPECT_GE(passed, 1);
    EXPECT_LE(passed, 3);

    const auto refused = enter(kAcme);
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().is(kOverBudget));

    clock_.advance(1s);
    EXPECT_TRUE(enter(kAcme));
    EXPECT_TRUE(enter(kUmbra));
}

TEST_F(TenantBudgets, EndToBindWhenTheOtherHasBeenQuietForAWhile) {
    ASSERT_TRUE(enter(kUmbra));
    clock_.advance(Budgets::kRecently + 1s);
    for (int i = 0; i < 100; ++i) EXPECT_TRUE(enter(kAcme));
}

TEST_F(TenantBudgets, BoundTheOpenStreamsAlsoOfATenantThatIsAlone) {
    std::vector<Entered> open;
    for (int i = 0; i < 30; ++i) open.push_back(enter(kAcme));
    EXPECT_FALSE(enter(kAcme));
    open.pop_back();
    EXPECT_TRUE(enter(kAcme));
}

TEST(Pacing, SpreadsBookingsOverTime) {
    Pace pace;
    const SteadyTime start{1h};
    EXPECT_EQ(pace.book(start, 1, 10, 1).count(), 0);
    EXPECT_EQ(pace.book(start, 1, 10, 1).count(), 0);
    EXPECT_EQ(pace.book(start, 1, 10, 1), 100ms);
    EXPECT_EQ(pace.book(start + 300ms, 1, 10, 1).count(), 0);
}

TEST(OverBudget, IsA429ThatSaysWhenToAskAgainToSoapClientsToo) {
    const http::RequestHead soap{"POST", "/sdk", {{"SOAPAction", "urn:vim25"}}, {}};
    const auto answer =
        answerOf(soap, Error(kOverBudget, "Too many."), http::Outcome::NotDispatched);
    EXPECT_EQ(answer.head.status, 429);
    EXPECT_EQ(*answer.head.headers.find("Retry-After"), "1");
    EXPECT_EQ(*answer.head.headers.find("Content-Type"), "application/problem+json");
    EXPECT_NE(answer.body.find("not executed"), std::string::npos);
}

class LiveNews : public ::testing::Test {
  protected:
    static net::Task<void> take(std::shared_ptr<EventHub::Listener> from,
                                std::optional<LiveEvent>& event) {
        event = co_await from->next(1ms);
    }

    std::optional<LiveEvent> next(const std::shared_ptr<EventHub::Listener>& listener) {
        std::optional<LiveEvent> event;
        net::asio::co_spawn(loop_, take(listener, event), net::asio::detached);
        loop_.restart();
        loop_.run();
        return event;
    }

    net::Loop loop_;
    EventHub hub_{loop_.get_executor(), {2, 3}};
};

TEST_F(LiveNews, ReachTheListenersOfOneTenantOnlyAndEqualOnesOnce) {
    const auto acme = *hub_.listen(kAcme);
    const auto umbra = *hub_.listen(kUmbra);
    hub_.publish(kAcme, {"gateway", "{}"});
    hub_.publish(kAcme, {"gateway", "{}"});
    EXPECT_EQ(next(acme)->type, "gateway");
    EXPECT_FALSE(next(acme));
    EXPECT_FALSE(next(umbra));
    EXPECT_EQ(eventText({"a", "{}"}), "event: a\ndata: {}\n\n");
}

TEST_F(LiveNews, WhoDoesNotKeepUpIsTold) {
    const auto slow = *hub_.listen(kAcme);
    for (int i = 0; i < 10; ++i) hub_.publish(kAcme, {"gateway", std::to_string(i)});
    EXPECT_EQ(next(slow)->type, "reset");
    EXPECT_FALSE(next(slow));
    EXPECT_TRUE(slow->isClosed());
}

TEST_F(LiveNews, HaveABoundedNumberOfListenersPerTenant) {
    auto first = hub_.listen(kAcme);
    auto second = hub_.listen(kAcme);
    const auto third = hub_.listen(kAcme);
    ASSERT_FALSE(third);
    EXPECT_TRUE(third.error().is(kTooManyListeners));
    EXPECT_TRUE(hub_.listen(kUmbra));
    first->reset();
    EXPECT_TRUE(hub_.listen(kAcme));
}

class KeptAudit final : public AuditSink {
  public:
    void record(const wire::TenantId& tenant, AuditEvent event) override {
        rows.emplace_back(tenant, std::move(event));
    }

    std::vector<std::pair<wire::TenantId, AuditEvent>> rows;
};

TEST_F(LiveNews, TellOfADeploymentThatChangedAndTheAuditWhatWasDone) {
    test::SeededRandom random{3};
    const test::FakeClock clock;
    const auto tenant = wire::newId<wire::TenantId>(random);
    const deploy::DeploymentKey key{makePlatformAuthorityForTest().scopeOf(tenant),
                                    wire::newId<deploy::DeploymentId>(random)};
    KeptAudit audit;
    DeploymentWatch watch(hub_, audit, clock);
    const auto listener = *hub_.listen(tenant);
    using Watcher = deploy::Watcher;

    watch.changed(key);
    watch.acted(key,
                {deploy::TaskKind::Clone,
                 deploy::Origin::Cloned,
                 "k8s-cp-1",
                 "vm-7",
                 Watcher::End::Done,
                 1500ms,
                 {}});
    watch.acted(key,
                {deploy::TaskKind::PowerOn,
                 deploy::Origin::Cloned,
                 "k8s-cp-1",
                 "vm-7",
                 Watcher::End::Failed,
                 20ms,
                 "No room."});
    watch.acted(key,
                {deploy::TaskKind::Destroy,
                 deploy::Origin::Cloned,
                 "k8s-cp-1",
                 "",
                 Watcher::End::Unknown,
                 {},
                 "Lost."});

    const auto news = next(listener);
    ASSERT_TRUE(news);
    EXPECT_EQ(news->type, "deployment");
    EXPECT_EQ(news->data, R"({"id":")" + key.id.text() + "\"}");
    ASSERT_EQ(audit.rows.size(), 3U);
    const auto& cloned = audit.rows[0].second;
    EXPECT_EQ(audit.rows[0].first, tenant);
    EXPECT_EQ(cloned.at, clock.wallNow());
    EXPECT_EQ(cloned.actor.kind, ActorKind::Orchestrator);
    EXPECT_EQ(cloned.action, "deployment.machine_cloned");
    EXPECT_EQ(cloned.target.kind, "deployment");
    EXPECT_EQ(cloned.target.id, key.id.text());
    EXPECT_EQ(cloned.target.name, "k8s-cp-1");
    EXPECT_EQ(cloned.outcome, AuditOutcome::Success);
    EXPECT_EQ(cloned.durationMs, 1500);
    EXPECT_EQ(cloned.detail, "vm-7");
    EXPECT_EQ(audit.rows[1].second.action, "deployment.powered_on");
    EXPECT_EQ(audit.rows[1].second.outcome, AuditOutcome::Failed);
    EXPECT_EQ(audit.rows[1].second.detail, "vm-7: No room.");
    EXPECT_EQ(audit.rows[2].second.action, "deployment.destroyed");
    EXPECT_EQ(audit.rows[2].second.outcome, AuditOutcome::Unknown);
    EXPECT_EQ(audit.rows[2].second.durationMs, std::nullopt);
}

TEST(AuditCsv, IsQuotedAndNotExecuted) {
    EXPECT_EQ(csvCell("plain"), "plain");
    EXPECT_EQ(csvCell("a,b"), "\"a,b\"");
    EXPECT_EQ(csvCell("say \"x\""), "\"say \"\"x\"\"\"");
    for (const auto* formula : {"=1+1", "+1", "-1", "@SUM(A1)"}) {
        EXPECT_EQ(csvCell(formula), std::string("'") + formula);
    }
    EXPECT_EQ(csvCell("=HYPERLINK(\"http://x\",\"y\")").substr(0, 3), "\"'=");
    EXPECT_EQ(csvCell("\tx"), "'\tx");
}

TEST(AuditReport, AddsUpAndStaysSmall) {
    AuditSums sums;
    for (int i = 0; i < 1000; ++i) {
        AuditEvent event;
        event.action = "a" + std::to_string(i);
        event.actor.name = "alice";
        event.target = {"endpoint", "ep_1", "vc1"};
        event.bytesUp = 2;
        sums.add(event);
    }
    const auto json = sums.json();
    EXPECT_EQ(*json.find("rows")->asInteger(), 1000);
    EXPECT_EQ((*json.array("by_action", 10'000))->size(), 201U);
    const auto& endpoint = *(*json.array("by_endpoint", 10))->front().asObject();
    EXPECT_EQ(*endpoint.find("bytes_up")->asInteger(), 2000);
    EXPECT_EQ(*endpoint.find("name")->asString(), "vc1");
}

std::optional<wire::AccessKeyId> keyOf(const std::string& credentials) {
    http::RequestHead head{"GET", "/", {}, {}};
    head.headers.add("Authorization", "Basic " + codec::base64Encode(asBytes(credentials)));
    return accessKeyOf(head);
}

TEST(ProxyAudit, NamesAnAccessKeyAndNothingElseThatAClientSent) {
    test::SeededRandom random(3);
    const auto id = wire::newId<wire::AccessKeyId>(random);
    EXPECT_EQ(keyOf(id.text() + ":secret"), id);
    EXPECT_FALSE(keyOf("hunter2:ak_x"));
    EXPECT_FALSE(keyOf("administrator@vsphere.local:password"));
}

TEST(ProxyAudit, BooksACallOnTheKeyThatTheGatewayKnowsAndOnNobodyOnTheClientsWord) {
    const auto vouched = clientActor("ak_y", "ak_x");
    EXPECT_EQ(vouched.kind, ActorKind::Key);
    EXPECT_EQ(vouched.name, "ak_y");
    const auto claimed = clientActor("", "ak_x");
    EXPECT_EQ(claimed.kind, ActorKind::Client);
    EXPECT_EQ(claimed.name, "claims ak_x");
    EXPECT_EQ(clientActor("", "").name, "unidentified");
}

TEST(ProxyAudit, TakesTheGatewaysWordOffTheAnswerWhateverItHolds) {
    test::SeededRandom random(3);
    const auto key = wire::newId<wire::AccessKeyId>(random).text();
    http::HeaderList headers;
    headers.add("Content-Type", "text/xml");
    headers.add("pcg-access-key", key);
    headers.add("Pcg-Method", "CloneVM_Task");
    headers.add("Pcg-Refusal", "proxy.forbidden");
    const auto vouched = takeVouched(headers);
    EXPECT_EQ(vouched.key, key);
    EXPECT_EQ(vouched.method, "CloneVM_Task");
    EXPECT_EQ(vouched.refusal, "proxy.forbidden");
    EXPECT_EQ(headers.size(), 1U);

    headers.add("Pcg-Access-Key", "administrator@vsphere.local");
    headers.add("Pcg-Method", "<script>");
    headers.add("Pcg-Refusal", "a");
    headers.add("Pcg-Refusal", "b");
    const auto nothing = takeVouched(headers);
    EXPECT_EQ(nothing.key + nothing.method + nothing.refusal, "");
    EXPECT_EQ(headers.size(), 1U);
}

TEST_F(TenantBudgets, LeaveARowOfWhatTheIngressDidNotLetIn) {
    Metrics metrics;
    KeptAudit audit;
    Traffic traffic({budgets_, metrics, audit, clock_});
    const auto refused =
        traffic.refusals({kAcme, wire::GatewayId::unchecked("gw_1"), kEndpoint, "vc1"});
    for (int i = 0; i < 1000; ++i)
        refused(Error(ErrorCode{ErrorClass::Input, "http.bad_target"}, "/%00 has an encoded NUL"));
    ASSERT_EQ(audit.rows.size(), 30U);
    const auto& row = audit.rows.front().second;
    EXPECT_EQ(row.action, "proxy.call");
    EXPECT_EQ(row.outcome, AuditOutcome::Refused);
    EXPECT_EQ(row.target.name, "vc1");
    EXPECT_EQ(row.detail, "not let in at the ingress http.bad_target");
}

TEST_F(TenantBudgets, LeaveAFewRowsOfManyRefusedStrangers) {
    Metrics metrics;
    KeptAudit audit;
    Traffic traffic({budgets_, metrics, audit, clock_});
    AuditEvent refused;
    refused.target = {"endpoint", kEndpoint.text(), "vc1"};
    refused.detail = "POST /sdk complete 401";
    for (int i = 0; i < 1000; ++i) traffic.record(kAcme, refused, true);
    EXPECT_EQ(audit.rows.size(), 30U);

    clock_.advance(10s);
    traffic.record(kAcme, refused, true);
    EXPECT_EQ(audit.rows.back().second.detail,
              "POST /sdk complete 401, and 970 more like it before");
    for (int i = 0; i < 100; ++i) traffic.record(kAcme, refused, false);
    EXPECT_EQ(audit.rows.size(), 131U);
}

TEST(ProxyAudit, ShowsPathsWithoutQueriesAndTickets) {
    EXPECT_EQ(auditPath("/sdk"), "/sdk");
    EXPECT_EQ(auditPath("/sdk?token=x"), "/sdk");
    EXPECT_EQ(auditPath("/nfc/5204-secret/disk-0.vmdk"), "/nfc/*/disk-0.vmdk");
    EXPECT_EQ(auditPath("/a/" + std::string(100, 'x')), "/a/*");
    EXPECT_EQ(auditPath(""), "/");
}

TEST(EndpointChanges, AreWhatDiffersBetweenTwoReports) {
    const auto endpoint = [](const std::string& id, const std::string& state) {
        return Endpoint{kAcme,
                        wire::GatewayId::unchecked("gw_1"),
                        wire::EndpointId::unchecked(id),
                        "n" + id,
                        "vcenter",
                        state,
                        {},
                        std::nullopt,
                        true};
    };
    const auto changes =
        changesBetween({endpoint("a", "ok"), endpoint("b", "ok"), endpoint("c", "ok")},
                       {endpoint("a", "ok"), endpoint("b", "unreachable"), endpoint("d", "ok")});
    ASSERT_EQ(changes.size(), 3U);
    EXPECT_EQ(changes[0].kind, EndpointChange::Kind::Changed);
    EXPECT_EQ(changes[0].state, "unreachable");
    EXPECT_EQ(changes[1].kind, EndpointChange::Kind::Appeared);
    EXPECT_EQ(changes[2].kind, EndpointChange::Kind::Gone);
}

std::string actionOf(const std::string& method, const std::string& pattern, int status = 200) {
    const auto event = rest::changeOf(method, pattern, {}, {}, status);
    return event ? event->action + " " + std::string(nameOf(event->outcome)) : "nothing";
}

TEST(ApiChanges, AreNamedAfterTheirRoutes) {
    EXPECT_EQ(actionOf("POST", "/api/v1/gateways/{id}/endpoints", 201), "endpoint.add success");
    EXPECT_EQ(actionOf("PATCH", "/api/v1/gateways/{id}"), "gateway.change success");
    EXPECT_EQ(actionOf("DELETE", "/api/v1/gateways/{id}", 204), "gateway.remove success");
    EXPECT_EQ(actionOf("POST", "/api/v1/gateways/{id}/endpoints/{eid}/check"),
              "endpoint.check success");
    EXPECT_EQ(actionOf("POST", "/api/v1/users/{username}/reset-password"),
              "user.reset-password success");
    EXPECT_EQ(actionOf("PUT", "/api/v1/me/password", 403), "me.password refused");
    EXPECT_EQ(actionOf("POST", "/api/v1/tokens", 503), "token.add failed");
    EXPECT_EQ(actionOf("POST", "/api/v1/tokens", 504), "token.add unknown");
    EXPECT_EQ(actionOf("GET", "/api/v1/tokens"), "nothing");
    EXPECT_EQ(actionOf("POST", "/api/v1/tokens", 400), "nothing");
}

TEST(ApiTimes, AreStrict) {
    EXPECT_EQ(toRfc3339(*rest::parseTime("2026-11-21T10:20:30.123Z")), "2026-11-21T10:20:30.123Z");
    EXPECT_EQ(toRfc3339(*rest::parseTime("2026-11-21")), "2026-11-21T00:00:00.000Z");
    for (const auto* wrong : {"",
                              "2026",
                              "2026-13-01",
                              "2026-02-30",
                              "2026-11-21T10:20:30",
                              "2026-11-21T25:20:30Z",
                              "2026-11-21T10:20:30.1Z",
                              "2026-11-21T10:20:30ZZ",
                              "2026-11-21 10:20:30Z",
                              "yesterday"}) {
        EXPECT_FALSE(rest::parseTime(wrong)) << wrong;
    }
}

}  // namespace
}  // namespace pcg::controlplane::tenantdata
