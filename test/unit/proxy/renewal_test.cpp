// SPDX-License-Identifier: Apache-2.0
// Sessions that the vCenter forgot, and those that the gateway must not forget.
#include "test/unit/proxy/forward_fixture.h"
#include "vcenter-proxy/endpoint/session_fault.h"

#include <gmock/gmock.h>

namespace pcg::proxy {
namespace {

using test::Answer;
using test::Asked;
using test::call;
using test::envelope;
using test::FakeExchange;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kFault =
    "<e><detail><NotAuthenticatedFault xmlns=\"urn:vim25\" xsi:type=\"NotAuthenticated\">"
    "</NotAuthenticatedFault></detail></e>";

class MemoryJournal final : public SessionJournal {
  public:
    net::Task<Result<std::string>> opened(JournalEntry entry) override {
        if (full) co_return fail(ErrorCode{ErrorClass::Weather, "store.full"}, "disk full");
        const auto id = std::to_string(++count_);
        entry.id = id;
        open.insert_or_assign(id, std::move(entry));
        co_return id;
    }

    net::Task<void> closed(std::string id) override {
        open.erase(id);
        co_return;
    }

    net::Task<Result<std::vector<JournalEntry>>> leftOver() override {
        std::vector<JournalEntry> entries;
        for (auto& [id, entry] : left) entries.push_back(std::move(entry));
        left.clear();
        co_return entries;
    }

    bool full = false;
    std::map<std::string, JournalEntry> open;
    std::map<std::string, JournalEntry> left;

  private:
    int count_ = 0;
};

// A vCenter that knows the session of the latest Login only, and none while `forgotten`.
class Renewal : public test::ForwardTest {
  protected:
    Renewal() {
        vcenter_->answer = [this](const Asked& asked) { return answerTo(asked); };
    }

    Answer answerTo(const Asked& asked) {
        auto answer = test::vcenterAnswer(asked);
        if (asked.body.find("<Login") != std::string::npos) {
            if (asked.finished) ++logins_;
            answer.headers.set("Set-Cookie", "vmware_soap_session=real-" + std::to_string(logins_));
            return answer;
        }
        const auto* cookie = asked.head.headers.find("Cookie");
        const auto good = "vmware_soap_session=real-" + std::to_string(logins_);
        if (cookie != nullptr && *cookie == good && !forgotten_) return answer;
        if (asked.body.find("RetrieveServiceContent") != std::string::npos) return answer;
        answer.status = 500;
        answer.body = kFault;
        return answer;
    }

    // The vCenter ends every session that it has.
    void expire() { ++logins_; }

    int loginsAsked() const {
        const auto methods = methodsAsked(*vcenter_);
        return static_cast<int>(std::count(methods.begin(), methods.end(), "Login"));
    }

    int logins_ = 0;
    bool forgotten_ = false;
};

TEST_F(Renewal, MakesACallAgainThatTheEndpointDidNotKnowTheSessionOf) {
    const auto cookie = login();
    expire();

    const auto exchange = soap(currentTime(), cookie);

    EXPECT_EQ(exchange->response.status, 200);
    EXPECT_EQ(exchange->body, "answer to CurrentTime");
    EXPECT_THAT(methodsAsked(*vcenter_),
                ElementsAre("Login", "CurrentTime", "Login", "CurrentTime"));
    EXPECT_EQ(vcenter_->asked[3]->body, currentTime());
    EXPECT_EQ(soap(currentTime(), cookie)->response.status, 200) << "in the new session";
    EXPECT_EQ(loginsAsked(), 2);
}

TEST_F(Renewal, OpensOneSessionForAllWhoWait) {
    const auto cookie = login();
    expire();
    std::vector<std::unique_ptr<FakeExchange>> exchanges;
    for (int i = 0; i < 20; ++i) {
        auto head = test::soapHead(cookie);
        head.body = http::BodyFraming::ofLength(currentTime().size());
        exchanges.push_back(std::make_unique<FakeExchange>(loop_, std::move(head), currentTime()));
        begin(*exchanges.back());
    }
    run();

    for (const auto& exchange : exchanges) EXPECT_EQ(exchange->response.status, 200);
    EXPECT_EQ(loginsAsked(), 2);
}

TEST_F(Renewal, PassesTheFaultOnForWhatBelongsToTheOldSession) {
    const auto cookie = login();
    expire();
    for (const auto& body :
         {call(
              "WaitForUpdatesEx", "PropertyCollector", "propertyCollector", "<version>3</version>"),
          call("DestroyView", "ContainerView", "session[52a]view-7"),
          call("HttpNfcLeaseProgress", "HttpNfcLease", "session[52a]l")}) {
        const auto exchange = soap(envelope(body), cookie);
        EXPECT_EQ(exchange->response.status, 500) << body;
        EXPECT_EQ(exchange->body, kFault);
    }
    EXPECT_EQ(loginsAsked(), 1);
}

TEST_F(Renewal, DoesNotMakeAStormOfLoginsForAnEndpointThatForgetsAtOnce) {
    const auto cookie = login();
    forgotten_ = true;
    for (int i = 0; i < 5; ++i) {
        const auto exchange = soap(currentTime(), cookie);
        EXPECT_EQ(exchange->response.status, 500);
        EXPECT_EQ(exchange->body, kFault) << "the endpoint's own word";
    }
    EXPECT_EQ(loginsAsked(), 2);
}

TEST_F(Renewal, TakesOtherFaultsForWhatTheyAre) {
    const auto cookie = login();
    vcenter_->answer = [](const Asked&) {
        Answer answer;
        answer.status = 500;
        answer.body =
            "<detail><DuplicateNameFault><name>&lt;detail>&lt;NotAuthenticatedFault"
            "</name></DuplicateNameFault></detail>";
        return answer;
    };

    EXPECT_THAT(soap(currentTime(), cookie)->body, HasSubstr("DuplicateName"));
    EXPECT_EQ(loginsAsked(), 1);
}

TEST(SessionFault, IsFoundByNameOrByType) {
    EXPECT_TRUE(saysNotAuthenticated({}, asBytes(kFault)));
    EXPECT_TRUE(saysNotAuthenticated(
        {}, asBytes("<detail><Fault xsi:type=\"NotAuthenticated\"/></detail>")));
    EXPECT_FALSE(saysNotAuthenticated({}, asBytes("<detail><NoPermissionFault/></detail>")));
    EXPECT_FALSE(saysNotAuthenticated({}, asBytes("NotAuthenticatedFault")));
    EXPECT_FALSE(saysNotAuthenticated({{"Content-Encoding", "gzip"}}, asBytes(kFault)));
    EXPECT_FALSE(saysNotAuthenticated({{"Content-Encoding", "br"}}, asBytes(kFault)));
}

class Journalled : public Renewal {
  protected:
    Journalled() {
        auto config = EndpointConfig{id_, "vc1", "vcenter.example:8443"};
        await(journalled_.put(std::move(config), vcenter_));
    }

    ~Journalled() override { await(journalled_.stop(std::chrono::seconds(1))); }

    std::unique_ptr<FakeExchange> ask(std::string body, std::string cookie = {}) {
        auto head = test::soapHead(std::move(cookie));
        head.body = http::BodyFraming::ofLength(body.size());
        auto exchange = std::make_unique<FakeExchange>(loop_, std::move(head), std::move(body));
        net::asio::co_spawn(
            loop_, journalled_.serve(*exchange, id_, "0123456789abcdef"), net::asio::detached);
        run();
        return exchange;
    }

    std::string logIn() {
        const auto exchange = ask(envelope(test::loginCall(test::kKey, test::kKeySecret)));
        const auto* cookie = exchange->response.headers.find("Set-Cookie");
        return cookie == nullptr ? std::string() : cookie->substr(0, cookie->find(';'));
    }

    MemoryJournal journal_;
    EndpointService journalled_{
        {loop_, clock_, random_, keys_, vault_, policy_, audit_, nullptr, &journal_}};
};

TEST_F(Journalled, ASessionIsWrittenDownWhileItIsOpen) {
    const auto cookie = logIn();

    ASSERT_EQ(journal_.open.size(), 1U);
    const auto& entry = journal_.open.begin()->second;
    EXPECT_EQ(entry.endpoint, id_);
    EXPECT_EQ(entry.authority, "vcenter.example:8443");
    EXPECT_EQ(entry.secret.revealText(), "vmware_soap_session=real-1");
    ask(envelope(call("Logout", "SessionManager", "SessionManager")), cookie);
    EXPECT_TRUE(journal_.open.empty());
}

TEST_F(Journalled, TheEntryChangesWithTheSession) {
    const auto cookie = logIn();
    expire();
    EXPECT_EQ(ask(currentTime(), cookie)->response.status, 200);

    ASSERT_EQ(journal_.open.size(), 1U);
    EXPECT_EQ(journal_.open.begin()->second.secret.revealText(), "vmware_soap_session=real-3");
}

TEST_F(Journalled, AFullDiskStopsNobody) {
    journal_.full = true;
    EXPECT_NE(logIn(), "");
}

TEST_F(Journalled, WhatAnEarlierRunLeftIsLoggedOut) {
    const auto leave = [&](std::string id, std::string authority, std::string path) {
        JournalEntry entry;
        entry.id = id;
        entry.endpoint = id_;
        entry.authority = std::move(authority);
        entry.session_manager = "SessionManager";
        entry.rest_path = std::move(path);
        entry.secret = Secret::fromText("vmware_soap_session=\"left\"");
        journal_.left.insert_or_assign(id, std::move(entry));
    };
    leave("a", "vcenter.example:8443", "");
    leave("b", "vcenter.example:8443", "/api/session");
    leave("c", "elsewhere.example", "");

    await(journalled_.endSessionsOfEarlierRuns());

    ASSERT_EQ(vcenter_->asked.size(), 2U) << "nothing goes to another address";
    EXPECT_EQ(*vcenter_->asked[0]->head.headers.find("Cookie"), "vmware_soap_session=\"left\"");
    EXPECT_THAT(vcenter_->asked[0]->body, HasSubstr("<Logout"));
    EXPECT_EQ(vcenter_->asked[1]->head.method, "DELETE");
}

}  // namespace
}  // namespace pcg::proxy
