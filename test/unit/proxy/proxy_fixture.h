// SPDX-License-Identifier: Apache-2.0
// An EndpointService with one endpoint, fakes on all sides, and a loop that is run until quiet.
#pragma once

#include "test/support/fake_clock.h"
#include "test/support/log_capture.h"
#include "test/support/seeded_random.h"
#include "test/unit/proxy/fake_vcenter.h"
#include "test/unit/proxy/soap_fixture.h"
#include "vcenter-proxy/endpoint_service.h"
#include "vcenter-proxy/errc.h"

#include <gtest/gtest.h>

#include <map>
#include <vector>

namespace pcg::proxy::test {

inline constexpr const char* kKey = "ak_00000000000000000000000001";
inline constexpr const char* kKeySecret = "the-secret-of-the-key";
inline constexpr const char* kRealUser = "DOM\\svc";
inline constexpr const char* kRealPassword = "r<e&a\"l' p\xc3\xa4ss";
inline constexpr const char* kUpstreamCookie = "upstream-cookie-value";

class FakeKeys final : public AccessKeys {
  public:
    net::Task<Result<Principal>> verify(wire::EndpointId endpoint,
                                        wire::AccessKeyId key,
                                        Secret secret) override {
        ++asked;
        if (broken) co_return fail(ErrorCode{ErrorClass::Weather, "store.broken"}, "disk full");
        if (key.text() != kKey || secret.revealText() != kKeySecret) {
            co_return fail(errc::kInvalidLogin, "no such key");
        }
        co_return Principal{std::move(key), std::move(endpoint), role, expires_at, file_role};
    }

    std::optional<WallTime> expires_at;

    Role role = Role::Full;
    std::string file_role;
    bool broken = false;
    int asked = 0;
};

class FakeVault final : public CredentialVault {
  public:
    net::Task<Result<Credential>> credentialFor(wire::EndpointId endpoint) override {
        const auto moved = authorities.find(endpoint);
        co_return Credential{Secret::fromText(kRealUser),
                             Secret::fromText(password),
                             moved == authorities.end() ? "vcenter.example:8443" : moved->second};
    }

    std::string password = kRealPassword;
    std::map<wire::EndpointId, std::string> authorities;  // where it is not the usual one
};

class RecordingAudit final : public AuditSink {
  public:
    void record(AuditRecord one) noexcept override { records.push_back(std::move(one)); }

    std::vector<AuditRecord> records;
};

inline http::RequestHead soapHead(std::string cookie = {}) {
    http::RequestHead head;
    head.method = "POST";
    head.target = "/sdk";
    head.headers.add("Host", "ingress.example:8443");
    head.headers.add("Content-Type", "text/xml; charset=utf-8");
    head.headers.add("SOAPAction", "urn:vim25/7.0");
    if (!cookie.empty()) head.headers.add("Cookie", std::move(cookie));
    return head;
}

// Answers Login as a vCenter does, and everything else with "answer to <method>".
Answer vcenterAnswer(const Asked& asked);

class ProxyTest : public testing::Test {
  protected:
    ProxyTest();
    ~ProxyTest() override;

    // The service logs out at the end: what a test answered with may be gone by then.
    void TearDown() override { vcenter_->answer = vcenterAnswer; }

    // One request from its arrival to its end.
    std::unique_ptr<FakeExchange> ask(http::RequestHead head, std::string body);
    std::unique_ptr<FakeExchange> soap(std::string body, std::string cookie = {});

    // Starts a request; run() carries it on.
    void begin(FakeExchange& exchange);
    void run();

    // Logs in with a good key; gives what the client would send as Cookie.
    std::string login(const wire::EndpointId* endpoint = nullptr);

    // What Login, Logout and so on the endpoint was asked, by the order of arrival.
    std::vector<std::string> methodsAsked(const FakeVcenter& vcenter) const;

    template <class T>
    T await(net::Task<T> task) {
        std::optional<T> result;
        net::asio::co_spawn(loop_, std::move(task), [&](std::exception_ptr, T value) {
            result.emplace(std::move(value));
        });
        run();
        return std::move(*result);
    }

    void await(net::Task<void> task) {
        net::asio::co_spawn(loop_, std::move(task), net::asio::detached);
        run();
    }

    pcg::test::LogCapture log_;
    net::Loop loop_;
    pcg::test::FakeClock clock_;
    pcg::test::SeededRandom random_;
    FakeKeys keys_;
    FakeVault vault_;
    FixedPolicy policy_;
    RecordingAudit audit_;
    wire::EndpointId id_ = wire::newId<wire::EndpointId>(random_);
    std::shared_ptr<FakeVcenter> vcenter_ = std::make_shared<FakeVcenter>(loop_);
    EndpointService service_{{loop_, clock_, random_, keys_, vault_, policy_, audit_}};
};

}  // namespace pcg::proxy::test
