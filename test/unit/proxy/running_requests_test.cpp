// SPDX-License-Identifier: Apache-2.0
// What ends a request that runs: another policy file, the end of its key, of its endpoint.
#include "test/unit/proxy/forward_fixture.h"
#include "vcenter-proxy/judge.h"

#include <gmock/gmock.h>

namespace pcg::proxy {
namespace {

using test::call;
using test::envelope;
using test::FakeExchange;
using testing::HasSubstr;

constexpr auto kPolls = R"({"soap":["WaitForUpdatesEx"]})";

class ChangingPolicy final : public PolicySource {
  public:
    std::shared_ptr<const EndpointPolicy> policyFor(const wire::EndpointId&) override {
        return now;
    }

    void observe(const policy::Asker&, const policy::Ask&) override { ++observed; }

    std::shared_ptr<const EndpointPolicy> now = std::make_shared<const EndpointPolicy>();
    int observed = 0;
};

// Nobody answers but to a login: polls, uploads and downloads run until something ends them.
class Running : public test::ForwardTest {
  protected:
    Running() {
        put("vc1");
        vcenter_->answer = [](const test::Asked& asked) {
            auto answer = test::vcenterAnswer(asked);
            answer.never = asked.body.find("<Login ") == std::string::npos &&
                           asked.body.find("<Logout ") == std::string::npos;
            return answer;
        };
    }

    ~Running() override {
        for (const auto& client : clients_) client->goAway();
        await(running_.stop(std::chrono::seconds(1)));
    }

    void put(std::string name, std::string authority = "vcenter.example:8443") {
        await(running_.put({id_, std::move(name), std::move(authority)}, vcenter_));
    }

    // A file in which vc1 has the role full, but for these rules, in force for what runs, too.
    void set(const std::string& rules, const std::string& more = {}) {
        const auto text = R"({"version":1,)" + more +
                          R"("roles":{"r":{"extends":"full","rules":[)" + rules +
                          R"(]}},"assign":[{"endpoint":"vc1","role":"r"},{"role":"inventory"}]})";
        auto reading = policy::readPolicy(text, policyVocabulary());
        ASSERT_TRUE(reading.ok()) << policy::toText(reading.problems.front());
        EndpointPolicy policy;
        policy.document = reading.policy;
        source_.now = std::make_shared<const EndpointPolicy>(policy);
        running_.judgeRunning();
        run();
    }

    std::shared_ptr<FakeExchange> start(http::RequestHead head, std::string body = {}) {
        if (!body.empty()) head.body = http::BodyFraming::ofLength(body.size());
        return begin(std::make_shared<FakeExchange>(loop_, std::move(head), std::move(body)));
    }

    // Its body is still to come.
    std::shared_ptr<FakeExchange> hold(http::RequestHead head, std::size_t size) {
        head.body = http::BodyFraming::ofLength(size);
        auto exchange = std::make_shared<FakeExchange>(loop_, std::move(head));
        exchange->keepOpen();
        return begin(std::move(exchange));
    }

    std::shared_ptr<FakeExchange> poll() {
        return start(test::soapHead(cookie()),
                     envelope(call("WaitForUpdatesEx", "PropertyCollector", "pc")));
    }

    std::shared_ptr<FakeExchange> upload() { return start(folderHead("PUT", cookie()), "content"); }

    std::shared_ptr<FakeExchange> download() { return start(folderHead("GET", cookie())); }

    static std::string clone(const std::string& folder, std::size_t padding = 0) {
        return envelope(call("CloneVM_Task",
                             "VirtualMachine",
                             "vm-1",
                             "<spec><config><annotation>" + std::string(padding, 'x') +
                                 "</annotation></config></spec><folder type=\"Folder\">" + folder +
                                 "</folder>"));
    }

    std::string cookie() {
        if (!cookie_.empty()) return cookie_;
        const auto exchange =
            start(test::soapHead(), envelope(test::loginCall(test::kKey, test::kKeySecret)));
        const auto* set = exchange->response.headers.find("Set-Cookie");
        if (set != nullptr) cookie_ = set->substr(0, set->find(';'));
        return cookie_;
    }

    const AuditRecord& audited() const { return audit_.records.back(); }

    std::vector<std::shared_ptr<FakeExchange>> clients_;  // as long as their requests
    ChangingPolicy source_;
    EndpointService running_{{loop_, clock_, random_, keys_, vault_, source_, audit_}};
    std::string cookie_;

  private:
    std::shared_ptr<FakeExchange> begin(std::shared_ptr<FakeExchange> exchange) {
        clients_.push_back(exchange);
        net::asio::co_spawn(
            loop_, running_.serve(*exchange, id_, "0123456789abcdef"), net::asio::detached);
        run();
        return exchange;
    }
};

TEST_F(Running, IsCutByAnotherFileThatRefusesItAndByNoOther) {
    set("");
    const auto polling = poll();
    const auto uploading = upload();
    const auto downloading = download();
    const auto observed = source_.observed;
    set(R"({"effect":"deny","files":["PUT **"]})");
    EXPECT_TRUE(uploading->aborted);
    EXPECT_FALSE(polling->aborted || downloading->aborted);
    EXPECT_EQ(audited().decision, "proxy.method_denied");
    EXPECT_THAT(audited().reason, HasSubstr("the policy changed while it ran: PUT of datastore"));
    EXPECT_EQ(source_.observed, observed) << "nobody learns from what was asked long ago";
    source_.now = std::make_shared<const EndpointPolicy>();
    running_.judgeRunning();
    run();
    EXPECT_FALSE(polling->aborted || downloading->aborted);
    EXPECT_EQ(upload()->aborted, false) << "of what comes only the file of the moment decides";
}

TEST_F(Running, IsJudgedByTheArgumentsThatItCameWith) {
    const auto only = [](const std::string& folder) {
        return R"({"soap":["CloneVM_Task"],"where":{"folders":[")" + folder + R"("]}})";
    };
    set(only("group-v4"));
    const auto cloning = start(test::soapHead(cookie()), clone("group-v4"));
    const auto later = clone("group-v4", 100'000);
    const auto sending = hold(test::soapHead(cookie()), later.size());
    sending->add(later.substr(0, 80'000));
    run();
    set(only("group-v4") + ",{\"soap\":[\"DestroyCollector\"]}");
    EXPECT_FALSE(cloning->aborted);
    set(only("group-v3"));
    EXPECT_TRUE(cloning->aborted);
    EXPECT_FALSE(sending->aborted) << "its folder was not read yet";
    sending->add(later.substr(80'000));
    run();
    EXPECT_THAT(sending->body, HasSubstr("NoPermission"));
    EXPECT_FALSE(lastAsked().finished);
}

TEST_F(Running, KeepsTheArgumentsOfALongCallForLater) {
    set(R"({"soap":["CloneVM_Task"],"where":{"folders":["group-v4"]}})");
    const auto cloning = start(test::soapHead(cookie()), clone("group-v4", 100'000));
    EXPECT_TRUE(lastAsked().finished);
    set(R"({"soap":["CloneVM_Task"],"where":{"folders":["group-v*"]}})");
    EXPECT_FALSE(cloning->aborted);
    set(R"({"soap":["CloneVM_Task"],"where":{"folders":["group-v3"]}})");
    EXPECT_TRUE(cloning->aborted);
}

// The clock of the tests begins on a Saturday at 22:26:40 UTC.
TEST_F(Running, IsBoundByTheWindowsOfTheFileThatCountsNow) {
    const std::string evening =
        R"("windows":{"evening":{"days":["sat"],"from":"20:00","to":"22:30","time_zone":"UTC"}},)";
    set(kPolls);
    const auto polling = poll();
    set(R"({"soap":["WaitForUpdatesEx"],"when":["evening"]})", evening);
    EXPECT_FALSE(polling->aborted);
    set(kPolls);
    clock_.advance(std::chrono::minutes(5));
    running_.cutWhatIsOver();
    run();
    EXPECT_FALSE(polling->aborted) << "the windows went with their file";
    set(R"({"soap":["WaitForUpdatesEx"],"when":["evening"]})", evening);
    EXPECT_TRUE(polling->aborted);
    EXPECT_THAT(audited().reason, HasSubstr("not the time"));
}

TEST_F(Running, IsCutWhenAWindowOfALaterFileCloses) {
    set(kPolls);
    const auto polling = poll();
    set(R"({"soap":["WaitForUpdatesEx"],"when":["evening"]})",
        R"("windows":{"evening":{"days":["sat"],"from":"20:00","to":"22:30","time_zone":"UTC"}},)");
    clock_.advance(std::chrono::minutes(5));
    running_.cutWhatIsOver();
    run();
    EXPECT_TRUE(polling->aborted);
    EXPECT_EQ(audited().decision, "proxy.window_closed");
}

TEST_F(Running, IsJudgedByTheNewNameOfItsEndpoint) {
    set("");
    const auto polling = poll();
    const auto uploading = upload();
    put("other");
    run();
    EXPECT_TRUE(uploading->aborted);
    EXPECT_FALSE(polling->aborted) << "inventory may";
}

TEST_F(Running, IsNotForwardedByAnotherPolicyThanWhenItsBodyCameToItsEnd) {
    set("");
    auto head = folderHead("POST", "");
    head.target = "/api/vcenter/vm/vm-1/power?action=start";
    head.headers.add("vmware-api-session-id", cookie().substr(cookie().find('=') + 1));
    const auto held = hold(std::move(head), 2);
    const auto asked = vcenter_->asked.size();
    set(R"({"effect":"deny","rest":["POST /vcenter/vm/{}/power *"]})");
    held->add("{}");
    run();
    EXPECT_TRUE(held->aborted);
    EXPECT_EQ(vcenter_->asked.size(), asked);
}

TEST_F(Running, EndsWithItsKeyWhateverItIsAt) {
    const auto polling = poll();
    const auto uploading = upload();
    const auto held = hold(test::soapHead(cookie()), 1000);
    held->add(clone("group-v3").substr(0, 100));
    await(running_.dropKey(*wire::parseAccessKeyId("ak_00000000000000000000000002")));
    EXPECT_FALSE(polling->aborted || uploading->aborted);
    await(running_.dropKey(*wire::parseAccessKeyId(test::kKey)));
    EXPECT_TRUE(polling->aborted && uploading->aborted);
    EXPECT_EQ(audited().decision, "proxy.invalid_login");
    EXPECT_THAT(audited().reason, HasSubstr("revoked"));
}

TEST_F(Running, EndsWhenItsKeyExpires) {
    keys_.expires_at = clock_.wallNow() + std::chrono::seconds(60);
    const auto polling = poll();
    const auto downloading = download();
    clock_.advance(std::chrono::seconds(59));
    running_.cutWhatIsOver();
    run();
    EXPECT_FALSE(polling->aborted || downloading->aborted);
    clock_.advance(std::chrono::seconds(1));
    running_.cutWhatIsOver();
    run();
    EXPECT_TRUE(polling->aborted && downloading->aborted);
    EXPECT_EQ(audited().decision, "proxy.invalid_login");
    EXPECT_THAT(audited().reason, HasSubstr("expired"));
}

TEST_F(Running, EndsWithItsEndpointAndWithItsAddress) {
    auto polling = poll();
    put("vc1", "another.example");
    EXPECT_TRUE(polling->aborted);
    EXPECT_THAT(audited().reason, HasSubstr("another address"));
    cookie_.clear();
    vault_.authorities.emplace(id_, "another.example");
    polling = poll();
    const auto downloading = download();
    EXPECT_FALSE(polling->aborted || downloading->aborted);
    await(running_.remove(id_));
    EXPECT_TRUE(polling->aborted && downloading->aborted);
    EXPECT_THAT(audited().reason, HasSubstr("removed"));
}

}  // namespace
}  // namespace pcg::proxy
