// SPDX-License-Identifier: Apache-2.0
// CONNECT from the key to the last octet, over a name server and hosts of the test's own.
#include "common/codec/base64.h"
#include "common/http/errc.h"
#include "common/net/errc.h"
#include "test/unit/proxy/proxy_fixture.h"
#include "vcenter-proxy/judge.h"

#include <gmock/gmock.h>

namespace pcg::proxy::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

// One connection, seen from the host that it leads to.
struct Far {
    explicit Far(net::Loop& loop) : bell(loop) {}

    void say(std::string text) {
        said += text;
        bell.ring();
    }

    void end() {
        ended = true;
        bell.ring();
    }

    void breakOff() {
        broken = true;
        bell.ring();
    }

    std::string to;     // "10.0.0.1:443"
    std::string heard;  // what came out of the tunnel
    std::string said;
    bool ended = false;
    bool heardTheEnd = false;
    bool broken = false;
    bool reset = false;
    Bell bell;
};

class FarTransport final : public http::Transport {
  public:
    explicit FarTransport(std::shared_ptr<Far> far) : far_(std::move(far)) {}

    ~FarTransport() override { far_->reset = true; }

    net::Task<Result<std::size_t>> read(MutableBytes buffer) override {
        const auto far = far_;
        while (far->said.empty() && !far->ended && !far->broken && !far->reset)
            co_await far->bell.wait();
        if (far->broken || far->reset) co_return fail(http::kConnectionLost, "broken");
        const auto count = std::min(buffer.size(), far->said.size());
        std::copy_n(far->said.begin(), count, buffer.begin());
        far->said.erase(0, count);
        co_return count;
    }

    net::Task<Result<std::size_t>> write(BytesView bytes) override {
        if (far_->broken || far_->reset) co_return fail(http::kConnectionLost, "broken");
        const auto count = std::min<std::size_t>(bytes.size(), 3);  // as much as it likes
        far_->heard += asText(bytes.first(count));
        co_return count;
    }

    net::Task<void> endWriting() override {
        far_->heardTheEnd = true;
        co_return;
    }

    void close() override { reset(); }

    void reset() override {
        far_->reset = true;
        far_->bell.ring();
    }

    bool idleAndOpen() override { return true; }

    std::string peer() const override { return far_->to; }

  private:
    std::shared_ptr<Far> far_;
};

// A name server that answers each question with the next of its answers, the last one for ever.
class FakeDialer final : public TunnelDialer {
  public:
    explicit FakeDialer(net::Loop& loop) : loop_(loop), bell_(loop) {}

    net::Task<Result<std::vector<Address>>> resolve(std::string host,
                                                    std::uint16_t,
                                                    std::chrono::milliseconds) override {
        asked.push_back(host);
        while (slow) co_await bell_.wait();
        if (answers.empty()) co_return fail(net::kDnsFailed, "no such name");
        const auto answer = answers.front();
        if (answers.size() > 1) answers.erase(answers.begin());
        std::vector<Address> addresses;
        for (const auto& text : answer) addresses.push_back(net::asio::ip::make_address(text));
        co_return addresses;
    }

    Result<std::vector<Address>> own() const override {
        return std::vector<Address>{net::asio::ip::make_address("192.0.2.5")};
    }

    net::Task<Result<std::unique_ptr<http::Transport>>> connect(
        Address address, std::uint16_t port, std::chrono::milliseconds) override {
        const auto to = address.to_string() + ":" + std::to_string(port);
        dialled.push_back(to);
        if (refusing.contains(to)) co_return fail(net::kRefused, to + " refused the connection");
        far = std::make_shared<Far>(loop_);
        far->to = to;
        co_return std::make_unique<FarTransport>(far);
    }

    void goOn() {
        slow = false;
        bell_.ring();
    }

    std::vector<std::vector<std::string>> answers{{"10.0.0.1"}};
    std::set<std::string> refusing;
    bool slow = false;
    std::vector<std::string> asked;
    std::vector<std::string> dialled;
    std::shared_ptr<Far> far;

  private:
    net::Loop& loop_;
    Bell bell_;
};

class SwitchedPolicy final : public PolicySource {
  public:
    std::shared_ptr<const EndpointPolicy> policyFor(const wire::EndpointId&) override {
        return std::make_shared<const EndpointPolicy>(policy);
    }

    EndpointPolicy policy;
};

class TunnelTest : public ProxyTest {
  protected:
    TunnelTest() { list({"vc1.example:443", "10.0.0.7:902"}); }

    ~TunnelTest() override {
        for (const auto& client : clients_) client->goAway();
        await(tunnels_.stop(1s));
    }

    void list(std::initializer_list<const char*> places) {
        EndpointConfig config{id_, "vc1", "vcenter.example:8443"};
        config.limits.tunnel_idle = 300ms;
        config.limits.tunnel_half_closed = 100ms;
        for (const auto* text : places) config.tunnels.push_back(*TunnelTarget::parse(text));
        await(tunnels_.put(std::move(config), vcenter_));
    }

    static std::string basic(const std::string& pair) {
        return "Basic " + codec::base64Encode(asBytes(pair));
    }

    std::shared_ptr<FakeExchange> connect(std::string target, std::string credentials = goodKey()) {
        http::RequestHead head;
        head.method = "CONNECT";
        head.target = std::move(target);
        head.body = http::BodyFraming::chunked();
        if (!credentials.empty()) head.headers.add("Proxy-Authorization", std::move(credentials));
        auto exchange = std::make_shared<FakeExchange>(loop_, std::move(head));
        clients_.push_back(exchange);
        exchange->keepOpen();
        net::asio::co_spawn(
            loop_, tunnels_.serve(*exchange, id_, "0123456789abcdef"), net::asio::detached);
        run();
        return exchange;
    }

    static std::string goodKey() { return basic(std::string(kKey) + ":" + kKeySecret); }

    void runFor(std::chrono::milliseconds time) {
        loop_.restart();
        loop_.run_for(time);
    }

    // The status, and that a refusal is a visible end of the tunnel that never was.
    int refusalOf(std::string target, std::string credentials = goodKey()) {
        const auto exchange = connect(std::move(target), std::move(credentials));
        EXPECT_TRUE(exchange->finished);
        EXPECT_TRUE(dialer_.dialled.empty());
        last_ = exchange->body;
        return exchange->response.status;
    }

    const AuditRecord& audited() const { return audit_.records.back(); }

    std::vector<std::shared_ptr<FakeExchange>> clients_;  // as long as their tunnels
    FakeDialer dialer_{loop_};
    SwitchedPolicy switches_;
    std::string last_;
    EndpointService tunnels_{{.loop = loop_,
                              .clock = clock_,
                              .random = random_,
                              .keys = keys_,
                              .vault = vault_,
                              .policy = switches_,
                              .audit = audit_,
                              .tunnels = &dialer_}};
};

TEST_F(TunnelTest, CarriesOctetsBothWaysAndItsHalvesEndOneByOne) {
    const auto client = connect("VC1.example:443");
    EXPECT_EQ(client->response.status, 200);
    EXPECT_EQ(client->response.body, http::BodyFraming::chunked());
    EXPECT_THAT(dialer_.asked, ElementsAre("vc1.example"));
    EXPECT_THAT(dialer_.dialled, ElementsAre("10.0.0.1:443"));
    client->add("hello far side");
    dialer_.far->say("hello client");
    run();
    EXPECT_EQ(dialer_.far->heard, "hello far side");
    EXPECT_EQ(client->body, "hello client");
    client->end();
    run();
    EXPECT_TRUE(dialer_.far->heardTheEnd);
    EXPECT_FALSE(client->finished);
    dialer_.far->say(", and good bye");
    dialer_.far->end();
    run();
    EXPECT_EQ(client->body, "hello client, and good bye");
    EXPECT_TRUE(client->finished);
    EXPECT_FALSE(client->aborted);
    ASSERT_EQ(audit_.records.size(), 1U);
    EXPECT_EQ(audited().surface, "tunnel");
    EXPECT_EQ(audited().method, "CONNECT");
    EXPECT_EQ(audited().object, "vc1.example:443");
    EXPECT_EQ(audited().access_key, kKey);
    EXPECT_EQ(audited().decision, "allowed");
    EXPECT_EQ(audited().outcome, "complete");
    EXPECT_EQ(audited().bytes_in, 14U);
    EXPECT_EQ(audited().bytes_out, 26U);
    EXPECT_EQ(audited().detail, "connected to 10.0.0.1:443");
}

TEST_F(TunnelTest, AsksTheNameServerOnceAndConnectsToWhatWasChecked) {
    // A second question would be answered with the gateway's own loopback.
    dialer_.answers = {{"10.0.0.1"}, {"127.0.0.1"}};
    const auto client = connect("vc1.example:443");
    EXPECT_EQ(client->response.status, 200);
    EXPECT_THAT(dialer_.asked, ElementsAre("vc1.example"));
    EXPECT_THAT(dialer_.dialled, ElementsAre("10.0.0.1:443"));
    // The next tunnel asks again, and what it is told is checked again.
    EXPECT_EQ(connect("vc1.example:443")->response.status, 403);
    EXPECT_EQ(dialer_.dialled.size(), 1U);
}

TEST_F(TunnelTest, LeadsNoNameToTheGatewayItself) {
    for (const auto* inside : {"127.0.0.1", "169.254.169.254", "192.0.2.5", "fd00:ec2::254"}) {
        dialer_.answers = {{inside}};
        EXPECT_EQ(refusalOf("vc1.example:443"), 403) << inside;
        EXPECT_EQ(last_.find(inside), std::string::npos);
        EXPECT_EQ(audited().decision, "proxy.tunnel_denied");
    }
}

TEST_F(TunnelTest, AsksWhoItIsBeforeItSaysWhatIsOpen) {
    for (const auto* target : {"vc1.example:443", "other:1", "nonsense"}) {
        const auto client = connect(target, "");
        EXPECT_EQ(client->response.status, 407);
        EXPECT_THAT(*client->response.headers.find("Proxy-Authenticate"),
                    HasSubstr("Basic realm="));
        EXPECT_THAT(client->response.reason, HasSubstr("access key"));
    }
    for (const auto& wrong : {basic(std::string(kKey) + ":wrong"),
                              basic("nobody:" + std::string(kKeySecret)),
                              basic("none"),
                              std::string("Basic ***"),
                              std::string("Bearer x")})
        EXPECT_EQ(refusalOf("vc1.example:443", wrong), 407) << wrong;
    EXPECT_TRUE(dialer_.asked.empty());
    EXPECT_EQ(last_.find("base64"), std::string::npos);
}

TEST_F(TunnelTest, SlowsDownWhoGuesses) {
    for (int i = 0; i < 5; ++i) connect("vc1.example:443", basic(std::string(kKey) + ":wrong"));
    EXPECT_EQ(refusalOf("vc1.example:443"), 429);
}

TEST_F(TunnelTest, OpensNothingThatIsNotListed) {
    EXPECT_EQ(refusalOf("vc1.example:22"), 403);
    EXPECT_EQ(refusalOf("other.example:443"), 403);
    EXPECT_EQ(refusalOf("10.0.0.1:443"), 403);
    EXPECT_EQ(refusalOf("127.1:443"), 403);
    EXPECT_TRUE(dialer_.asked.empty());
    list({});
    EXPECT_EQ(refusalOf("vc1.example:443"), 403);
    EXPECT_THAT(last_, HasSubstr("no tunnels are open at this endpoint"));
}

TEST_F(TunnelTest, IsForTheRoleFullAndBoundByTheSwitches) {
    keys_.role = Role::Deploy;
    EXPECT_EQ(refusalOf("vc1.example:443"), 403);
    EXPECT_EQ(audited().decision, "proxy.method_denied");
    keys_.role = Role::Full;
    switches_.policy.ceiling = Role::Deploy;
    EXPECT_EQ(refusalOf("vc1.example:443"), 403);
    switches_.policy = {};
    switches_.policy.read_only = true;
    EXPECT_EQ(refusalOf("vc1.example:443"), 403);
    EXPECT_EQ(audited().decision, "proxy.read_only");
    switches_.policy = {};
    switches_.policy.paused = "maintenance";
    EXPECT_EQ(refusalOf("vc1.example:443"), 503);
}

TEST_F(TunnelTest, IsCutByThePauseAndByReadOnly) {
    for (const auto what : {EndpointService::Cut::Everything, EndpointService::Cut::WhatChanges}) {
        const auto client = connect("vc1.example:443");
        tunnels_.cutRunning(what, Error(errc::kPaused, "paused"));
        run();
        EXPECT_TRUE(client->aborted);
        EXPECT_TRUE(dialer_.far->reset);
        EXPECT_EQ(audited().decision, "proxy.paused");
    }
}

TEST_F(TunnelTest, IsCutWithItsKeyItsPlaceAndItsEndpoint) {
    auto client = connect("vc1.example:443");
    const auto other = connect("10.0.0.7:902");
    list({"10.0.0.7:902"});
    run();
    EXPECT_TRUE(client->aborted);
    EXPECT_EQ(audited().decision, "proxy.tunnel_denied");
    EXPECT_FALSE(other->aborted);
    await(tunnels_.dropKey(*wire::parseAccessKeyId(kKey)));
    EXPECT_TRUE(other->aborted);
    EXPECT_EQ(audited().decision, "proxy.invalid_login");
    client = connect("10.0.0.7:902");
    await(tunnels_.remove(id_));
    EXPECT_TRUE(client->aborted);
}

TEST_F(TunnelTest, IsNotOpenedWhenItsKeyEndsWhileTheNameIsLookedUp) {
    dialer_.slow = true;
    const auto client = connect("vc1.example:443");
    await(tunnels_.dropKey(*wire::parseAccessKeyId(kKey)));
    dialer_.goOn();
    run();
    EXPECT_TRUE(client->aborted);
    EXPECT_FALSE(client->responded());
    EXPECT_TRUE(dialer_.dialled.empty());
}

TEST_F(TunnelTest, IsCutByAPolicyThatWouldNotOpenItAnyMore) {
    const auto file = [&](const char* text) {
        auto reading = policy::readPolicy(text, policyVocabulary());
        ASSERT_TRUE(reading.ok());
        switches_.policy.document = reading.policy;
        tunnels_.judgeRunning();
        run();
    };
    auto client = connect("vc1.example:443");
    file(R"({"version":1,"assign":[{"endpoint":"vc2","role":"inventory"}]})");
    EXPECT_FALSE(client->aborted);
    file(R"({"version":1,"endpoints":{"vc1":{"ceiling":"deploy"}}})");
    EXPECT_TRUE(client->aborted);
    EXPECT_TRUE(dialer_.far->reset);
    EXPECT_EQ(audited().decision, "proxy.method_denied");
    file(R"({"version":1})");
    client = connect("vc1.example:443");
    EXPECT_EQ(client->response.status, 200);
    file(R"({"version":1,"assign":[{"key":"ak_00000000000000000000000001","role":"deploy"}]})");
    EXPECT_TRUE(client->aborted);
}

TEST_F(TunnelTest, IsNotOpenedByAPolicyThatChangesWhileTheNameIsLookedUp) {
    dialer_.slow = true;
    const auto client = connect("vc1.example:443");
    switches_.policy.ceiling = Role::Deploy;
    tunnels_.judgeRunning();
    dialer_.goOn();
    run();
    EXPECT_TRUE(client->aborted);
    EXPECT_TRUE(dialer_.dialled.empty());
}

TEST_F(TunnelTest, EndsWithItsKey) {
    keys_.expires_at = clock_.wallNow() + 50ms;
    const auto client = connect("vc1.example:443");
    EXPECT_EQ(client->response.status, 200);
    runFor(200ms);
    EXPECT_TRUE(client->aborted);
    EXPECT_THAT(audited().reason, HasSubstr("expired"));
}

TEST_F(TunnelTest, EndsWhenNobodySaysAnythingForLong) {
    const auto client = connect("vc1.example:443");
    runFor(200ms);
    client->add("still here");
    runFor(200ms);
    EXPECT_FALSE(client->aborted);
    runFor(400ms);
    EXPECT_TRUE(client->aborted);
    EXPECT_TRUE(dialer_.far->reset);
    EXPECT_EQ(audited().decision, "allowed");
    EXPECT_THAT(audited().reason, HasSubstr("nobody sent anything"));
}

TEST_F(TunnelTest, DoesNotWaitLongForTheOtherHalf) {
    const auto client = connect("vc1.example:443");
    client->end();
    runFor(200ms);
    EXPECT_TRUE(client->aborted);
}

TEST_F(TunnelTest, ClosesTheFarSideAtOnceWhenTheClientGoesAway) {
    const auto client = connect("vc1.example:443");
    client->goAway();
    run();
    EXPECT_TRUE(dialer_.far->reset);
    EXPECT_EQ(audited().outcome, "cancelled");
}

TEST_F(TunnelTest, BreaksOffVisiblyWhenTheFarSideDoes) {
    const auto client = connect("vc1.example:443");
    dialer_.far->breakOff();
    run();
    EXPECT_TRUE(client->aborted);
    EXPECT_FALSE(client->finished);
    EXPECT_EQ(audited().outcome, "unknown");
}

TEST_F(TunnelTest, TriesTheAddressesInTheirOrderAndSaysWhyNoneAnswers) {
    dialer_.answers = {{"10.0.0.1", "10.0.0.2"}};
    dialer_.refusing = {"10.0.0.1:443"};
    EXPECT_EQ(connect("vc1.example:443")->response.status, 200);
    EXPECT_THAT(dialer_.dialled, ElementsAre("10.0.0.1:443", "10.0.0.2:443"));
    dialer_.refusing.insert("10.0.0.2:443");
    const auto client = connect("vc1.example:443");
    EXPECT_EQ(client->response.status, 503);
    EXPECT_THAT(client->body, HasSubstr("vc1.example:443: it refused the connection"));
    EXPECT_EQ(client->body.find("10.0.0"), std::string::npos);
    EXPECT_EQ(audited().outcome, "not-dispatched");
    dialer_.answers.clear();
    EXPECT_THAT(connect("vc1.example:443")->body, HasSubstr("its name cannot be resolved"));
}

TEST_F(TunnelTest, HasABoundForOneKey) {
    std::vector<std::shared_ptr<FakeExchange>> open;
    for (std::size_t i = 0; i < OpenTunnels::kMostOfKey; ++i)
        open.push_back(connect("vc1.example:443"));
    EXPECT_EQ(open.back()->response.status, 200);
    EXPECT_EQ(connect("vc1.example:443")->response.status, 503);
    open.front()->goAway();
    run();
    EXPECT_EQ(connect("vc1.example:443")->response.status, 200);
}

}  // namespace
}  // namespace pcg::proxy::test
