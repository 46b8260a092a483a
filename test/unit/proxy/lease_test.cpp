// SPDX-License-Identifier: Apache-2.0
// Leases through the proxy: what the client is told, who may send, and where it goes.
#include "test/unit/proxy/forward_fixture.h"

#include <gmock/gmock.h>

#include <regex>

namespace pcg::proxy {
namespace {

using http::BodyFraming;
using test::Answer;
using test::Asked;
using test::call;
using test::envelope;
using test::FakeExchange;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kThumbprint = "00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff:00:11:22:33";

class FakeHosts final : public HostDialer {
  public:
    explicit FakeHosts(net::Loop& loop) : esxi(std::make_shared<test::FakeVcenter>(loop)) {}

    net::Task<Result<std::shared_ptr<http::Caller>>> callerTo(LeaseHost host) override {
        asked.push_back(host.host + ":" + std::to_string(host.port));
        if (host.thumbprint != expected) co_return fail(errc::kBadLease, "another certificate");
        co_return esxi;
    }

    std::shared_ptr<test::FakeVcenter> esxi;
    Thumbprint expected{0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99,
                        0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff, 0x00, 0x11, 0x22, 0x33};
    std::vector<std::string> asked;
};

class Leases : public test::ForwardTest {
  protected:
    Leases() {
        await(leasing_.put(EndpointConfig{id_, "vc1", "vcenter.example:8443"}, vcenter_));
        vcenter_->answer = [this](const Asked& asked) { return answerTo(asked); };
    }

    ~Leases() override { await(leasing_.stop(std::chrono::seconds(1))); }

    Answer answerTo(const Asked& asked) const {
        auto answer = test::vcenterAnswer(asked);
        const bool opens = asked.body.find("<ImportVApp") != std::string::npos ||
                           asked.body.find("<ExportVm") != std::string::npos;
        if (opens) {
            answer.body = envelope(
                "<ImportVAppResponse xmlns=\"urn:vim25\"><returnval type=\"HttpNfcLease\">"
                "session[1]l-1</returnval></ImportVAppResponse>");
        }
        if (asked.body.find("<RetrieveProperties ") != std::string::npos) {
            answer.body = envelope(
                "<RetrievePropertiesResponse xmlns=\"urn:vim25\"><returnval><obj "
                "type=\"HttpNfcLease\">session[1]l-1</obj><propSet><val><deviceUrl><url>" +
                url_ + "</url><sslThumbprint>" + thumbprint_ +
                "</sslThumbprint></deviceUrl></val></propSet></returnval>"
                "</RetrievePropertiesResponse>");
        }
        return answer;
    }

    std::unique_ptr<FakeExchange> serve(http::RequestHead head, std::string body) {
        if (!body.empty()) head.body = BodyFraming::ofLength(body.size());
        auto exchange = std::make_unique<FakeExchange>(loop_, std::move(head), std::move(body));
        net::asio::co_spawn(
            loop_, leasing_.serve(*exchange, id_, "0123456789abcdef"), net::asio::detached);
        run();
        return exchange;
    }

    std::unique_ptr<FakeExchange> soapTo(std::string body, std::string cookie = {}) {
        return serve(test::soapHead(std::move(cookie)), std::move(body));
    }

    std::string logIn() {
        const auto exchange = soapTo(envelope(test::loginCall(test::kKey, test::kKeySecret)));
        const auto* cookie = exchange->response.headers.find("Set-Cookie");
        return cookie == nullptr ? std::string() : cookie->substr(0, cookie->find(';'));
    }

    std::string read(const std::string& cookie) {
        return soapTo(envelope(call("RetrieveProperties", "PropertyCollector", "pc")), cookie)
            ->body;
    }

    // Logs in and imports; the path that the client gets for its disk.
    std::string import(std::string& cookie) {
        cookie = logIn();
        soapTo(envelope(call("ImportVApp", "ResourcePool", "resgroup-1")), cookie);
        return pathIn(read(cookie));
    }

    static std::string pathIn(const std::string& body) {
        static const std::regex kUrl("<url>https://[^/]+(/nfc/[^<]*)</url>");
        std::smatch found;
        return std::regex_search(body, found, kUrl) ? found[1].str() : std::string();
    }

    std::unique_ptr<FakeExchange> send(const std::string& method,
                                       const std::string& path,
                                       std::string body,
                                       std::string cookie = {}) {
        http::RequestHead head;
        head.method = method;
        head.target = path;
        head.headers.add("Host", "ingress.example:8443");
        head.headers.add("Content-Type", "application/x-vnd.vmware-streamVmdk");
        head.headers.add("Authorization", "Basic x");
        if (!cookie.empty()) head.headers.add("Cookie", std::move(cookie));
        return serve(std::move(head), std::move(body));
    }

    std::string url_ = "https://esxi01.example/nfc/52/disk-0.vmdk";
    std::string thumbprint_ = kThumbprint;
    FakeHosts hosts_{loop_};
    EndpointService leasing_{
        {loop_, clock_, random_, keys_, vault_, policy_, audit_, nullptr, nullptr, &hosts_}};
};

TEST_F(Leases, TheClientIsSentToTheGatewayAndTheDiskToTheHost) {
    std::string cookie;
    const auto path = import(cookie);
    ASSERT_THAT(path, testing::MatchesRegex("/nfc/[0-9a-f]{96}/disk-0.vmdk"));
    const auto body = read(cookie);
    EXPECT_THAT(body, HasSubstr("<url>https://ingress.example:8443/nfc/"));
    EXPECT_THAT(body, Not(HasSubstr("esxi01")));
    EXPECT_THAT(body, Not(HasSubstr("Thumbprint")));
    EXPECT_EQ(pathIn(body), path) << "however often it is read";

    const auto exchange = send("POST", path, "the disk", cookie);

    EXPECT_EQ(exchange->response.status, 200);
    EXPECT_THAT(hosts_.asked, testing::ElementsAre("esxi01.example:443"));
    ASSERT_EQ(hosts_.esxi->asked.size(), 1U);
    const auto& asked = *hosts_.esxi->asked[0];
    EXPECT_EQ(asked.body, "the disk");
    EXPECT_EQ(asked.head.target, "/nfc/52/disk-0.vmdk");
    EXPECT_EQ(*asked.head.headers.find("Host"), "esxi01.example");
    EXPECT_EQ(asked.head.headers.count("Cookie"), 0U);
    EXPECT_EQ(asked.head.headers.count("Authorization"), 0U);
    EXPECT_FALSE(log_.contains(path.substr(5, 96)));
    for (const auto& record : audit_.records) {
        EXPECT_THAT(record.object + record.reason, Not(HasSubstr(path.substr(5, 32))));
    }
}

TEST_F(Leases, TheSessionThatHoldsOneIsGivenForItsOwnKeyOnly) {
    std::string cookie;
    import(cookie);
    const auto key = *wire::parseAccessKeyId(test::kKey);
    const auto other = *wire::parseAccessKeyId("ak_00000000000000000000000002");
    const auto held = leasing_.sessionOfLease(id_, key, "session[1]l-1");
    ASSERT_TRUE(held);
    EXPECT_EQ("vmware_soap_session=" + std::string(held->revealText()), cookie);
    EXPECT_FALSE(leasing_.sessionOfLease(id_, other, "session[1]l-1"));
    EXPECT_FALSE(leasing_.sessionOfLease(id_, key, "session[1]l-2"));
    soapTo(envelope(call("HttpNfcLeaseComplete", "HttpNfcLease", "session[1]l-1")), cookie);
    EXPECT_FALSE(leasing_.sessionOfLease(id_, key, "session[1]l-1")) << "it is over";
}

TEST_F(Leases, AnExportIsReadAndNotWritten) {
    const auto cookie = logIn();
    soapTo(envelope(call("ExportVm", "VirtualMachine", "vm-1")), cookie);
    const auto path = pathIn(read(cookie));
    hosts_.esxi->answer = [](const Asked&) {
        Answer answer;
        answer.body = std::string(300'000, 'd');
        return answer;
    };

    EXPECT_EQ(send("POST", path, "x")->response.status, 403);
    const auto exchange = send("GET", path, "");
    EXPECT_EQ(exchange->response.status, 200);
    EXPECT_EQ(exchange->body, std::string(300'000, 'd'));
    EXPECT_EQ(send("GET", path, "")->response.status, 403) << "once";
}

TEST_F(Leases, ATransferIsMadeOnce) {
    std::string cookie;
    const auto path = import(cookie);
    EXPECT_EQ(send("POST", path, "x")->response.status, 200);
    EXPECT_EQ(send("POST", path, "x")->response.status, 403);
    EXPECT_EQ(hosts_.esxi->asked.size(), 1U);
}

TEST_F(Leases, ATransferThatNeverBeganMayBeMade) {
    std::string cookie;
    const auto path = import(cookie);
    hosts_.esxi->unreachable = 1;
    const auto failed = send("POST", path, "x");
    EXPECT_EQ(failed->response.status, 503);
    EXPECT_EQ(*failed->response.headers.find("Pcg-Outcome"), "not-dispatched");
    EXPECT_EQ(send("POST", path, "x")->response.status, 200);
}

TEST_F(Leases, OnlyTheDirectionAndTheFileOfTheLeaseAreOpen) {
    std::string cookie;
    const auto path = import(cookie);
    EXPECT_EQ(send("GET", path, "")->response.status, 403);
    EXPECT_EQ(send("DELETE", path, "")->response.status, 403);
    EXPECT_EQ(send("POST", path.substr(0, path.rfind('/')) + "/other", "x")->response.status, 403);
    EXPECT_EQ(send("POST", path + "?x=1", "x")->response.status, 403);
    EXPECT_EQ(send("POST", path + "/more", "x")->response.status, 403);
    auto wrong = path;
    wrong[100] = wrong[100] == '0' ? '1' : '0';
    EXPECT_EQ(send("POST", wrong, "x")->response.status, 404);
    EXPECT_EQ(send("POST", "/nfc/52/disk-0.vmdk", "x")->response.status, 404);
    EXPECT_EQ(send("POST", path, "x", "vmware_soap_session=somebody-else")->response.status, 403);
    EXPECT_THAT(hosts_.asked, IsEmpty());
    EXPECT_EQ(send("POST", path, "x", cookie)->response.status, 200);
}

TEST_F(Leases, EndWithTheLease) {
    for (const auto* method : {"HttpNfcLeaseComplete", "HttpNfcLeaseAbort"}) {
        std::string cookie;
        const auto path = import(cookie);
        soapTo(envelope(call(method, "HttpNfcLease", "session[1]l-1")), cookie);
        EXPECT_EQ(send("POST", path, "x")->response.status, 404) << method;
        EXPECT_EQ(pathIn(read(cookie)), "/nfc/52/disk-0.vmdk") << "nothing is opened anew";
    }
}

TEST_F(Leases, EndWithTheSession) {
    std::string cookie;
    const auto path = import(cookie);
    soapTo(envelope(call("Logout", "SessionManager", "SessionManager")), cookie);
    EXPECT_EQ(send("POST", path, "x")->response.status, 404);
}

TEST_F(Leases, EndBySilenceUnlessTheyMakeProgress) {
    std::string cookie;
    const auto path = import(cookie);
    clock_.advance(std::chrono::minutes(4));
    soapTo(envelope(call("HttpNfcLeaseProgress", "HttpNfcLease", "session[1]l-1")), cookie);
    clock_.advance(std::chrono::minutes(4));
    soapTo(envelope(call("HttpNfcLeaseProgress", "HttpNfcLease", "session[1]l-1")), cookie);
    clock_.advance(std::chrono::minutes(6));
    EXPECT_EQ(send("POST", path, "x")->response.status, 404);
}

TEST_F(Leases, ATransferIsCutOffWhenItsLeaseIsAborted) {
    std::string cookie;
    const auto path = import(cookie);
    http::RequestHead head;
    head.method = "POST";
    head.target = path;
    head.headers.add("Host", "ingress.example:8443");
    head.body = BodyFraming::ofLength(1000);
    FakeExchange exchange(loop_, std::move(head));
    exchange.keepOpen();
    net::asio::co_spawn(
        loop_, leasing_.serve(exchange, id_, "0123456789abcdef"), net::asio::detached);
    exchange.add("the beginning");
    run();
    soapTo(envelope(call("HttpNfcLeaseAbort", "HttpNfcLease", "session[1]l-1")), cookie);
    exchange.goAway();
    run();
    EXPECT_TRUE(hosts_.esxi->asked.at(0)->cancelled);
}

TEST_F(Leases, NothingIsSentToAHostThatShowsAnotherCertificate) {
    hosts_.expected[0] = 0xff;
    std::string cookie;
    const auto path = import(cookie);
    const auto exchange = send("POST", path, "x");
    EXPECT_EQ(exchange->response.status, 503);
    EXPECT_THAT(hosts_.esxi->asked, IsEmpty());
}

TEST_F(Leases, AHostWithoutAThumbprintIsNotGoneTo) {
    thumbprint_ = "";
    std::string cookie;
    EXPECT_EQ(import(cookie), "/nfc/52/disk-0.vmdk") << "left as it was, and open to nobody";
    EXPECT_EQ(send("POST", "/nfc/52/disk-0.vmdk", "x")->response.status, 404);
}

TEST_F(Leases, ADiskForTheVcenterItselfGoesThere) {
    url_ = "https://*/nfc/52/disk-0.vmdk";
    std::string cookie;
    const auto path = import(cookie);
    EXPECT_THAT(read(cookie), HasSubstr("<url>https://*/nfc/"));
    EXPECT_EQ(send("PUT", path, "x")->response.status, 200);
    EXPECT_THAT(hosts_.asked, IsEmpty());
    EXPECT_EQ(vcenter_->asked.back()->head.target, "/nfc/52/disk-0.vmdk");
    EXPECT_EQ(vcenter_->asked.back()->head.headers.count("Cookie"), 0U);
}

TEST_F(Leases, AreNotForTheRoleInventory) {
    std::string cookie;
    const auto path = import(cookie);
    EXPECT_EQ(send("POST", path, "x")->response.status, 200) << "with the role it has";
    keys_.role = Role::Inventory;
    const auto other = logIn();
    EXPECT_EQ(soapTo(envelope(call("ImportVApp", "ResourcePool", "r")), other)->response.status,
              500);
}

}  // namespace
}  // namespace pcg::proxy
