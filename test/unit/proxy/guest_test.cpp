// SPDX-License-Identifier: Apache-2.0
// Files of guests and consoles: what the client is told, and where it goes with that.
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
        if (host.thumbprint[1] != 0x11) co_return fail(errc::kBadLease, "another certificate");
        co_return esxi;
    }

    std::shared_ptr<test::FakeVcenter> esxi;
    std::vector<std::string> asked;
};

class Guests : public test::ForwardTest {
  protected:
    Guests() {
        await(guests_.put(EndpointConfig{id_, "vc1", "vcenter.example:8443"}, vcenter_));
        vcenter_->answer = [this](const Asked& asked) { return answerTo(asked); };
    }

    ~Guests() override {
        for (const auto& client : clients_) client->goAway();
        await(guests_.stop(std::chrono::seconds(1)));
    }

    Answer answerTo(const Asked& asked) const {
        auto answer = test::vcenterAnswer(asked);
        const auto asks = [&](const char* text) {
            return asked.body.find(text) != std::string::npos;
        };
        if (asks("<InitiateFileTransferToGuest"))
            answer.body = result("InitiateFileTransferToGuest", url_);
        if (asks("<InitiateFileTransferFromGuest"))
            answer.body =
                result("InitiateFileTransferFromGuest",
                       "<attributes><ownerId>0</ownerId></attributes><size>5</size><url>" + url_ +
                           "</url>");
        if (asks("<AcquireTicket")) answer.body = result("AcquireTicket", ticket_);
        if (asks("summary.config.sslThumbprint"))
            answer.body = result("RetrieveProperties",
                                 "<obj type=\"HostSystem\">host-1</obj><propSet><name>"
                                 "summary.config.sslThumbprint</name><val>" +
                                     thumbprint_ + "</val></propSet>");
        return answer;
    }

    static std::string result(const std::string& method, const std::string& value) {
        return envelope("<" + method + "Response xmlns=\"urn:vim25\"><returnval>" + value +
                        "</returnval></" + method + "Response>");
    }

    std::unique_ptr<FakeExchange> serve(http::RequestHead head, std::string body) {
        if (!body.empty()) head.body = BodyFraming::ofLength(body.size());
        auto exchange = std::make_unique<FakeExchange>(loop_, std::move(head), std::move(body));
        net::asio::co_spawn(
            loop_, guests_.serve(*exchange, id_, "0123456789abcdef"), net::asio::detached);
        run();
        return exchange;
    }

    std::string logIn() {
        const auto exchange =
            serve(test::soapHead(), envelope(test::loginCall(test::kKey, test::kKeySecret)));
        const auto* cookie = exchange->response.headers.find("Set-Cookie");
        return cookie == nullptr ? std::string() : cookie->substr(0, cookie->find(';'));
    }

    std::unique_ptr<FakeExchange> ask(
        const std::string& cookie,
        const std::string& method,
        const std::string& more = "<vm type=\"VirtualMachine\">vm-7</vm>") {
        const bool ticket = method == "AcquireTicket";
        return serve(test::soapHead(cookie),
                     envelope(call(method,
                                   ticket ? "VirtualMachine" : "GuestFileManager",
                                   ticket ? "vm-7" : "guestOperationsFileManager",
                                   more)));
    }

    static std::string pathIn(const std::string& body) {
        static const std::regex kUrl(
            "https://ingress\\.example:8443(/guestFile/[0-9a-f]{96}/file)<");
        std::smatch found;
        return std::regex_search(body, found, kUrl) ? found[1].str() : std::string();
    }

    std::unique_ptr<FakeExchange> send(const std::string& method,
                                       const std::string& path,
                                       std::string body = {},
                                       std::string cookie = {}) {
        http::RequestHead head;
        head.method = method;
        head.target = path;
        head.headers.add("Host", "ingress.example:8443");
        head.headers.add("Authorization", "Basic x");
        if (!cookie.empty()) head.headers.add("Cookie", std::move(cookie));
        return serve(std::move(head), std::move(body));
    }

    // A WebSocket that the client asks for, and leaves open.
    std::shared_ptr<FakeExchange> open(const std::string& path) {
        http::RequestHead head;
        head.method = "GET";
        head.target = path;
        head.body = BodyFraming::chunked();
        head.headers = {{"Host", "ingress.example:8443"},
                        {"Upgrade", "websocket"},
                        {"Sec-WebSocket-Key", "abc"},
                        {"Sec-WebSocket-Version", "13"},
                        {"Origin", "https://portal.example"},
                        {"Cookie", "a=b"}};
        auto exchange = std::make_shared<FakeExchange>(loop_, std::move(head));
        clients_.push_back(exchange);
        exchange->keepOpen();
        net::asio::co_spawn(
            loop_, guests_.serve(*exchange, id_, "0123456789abcdef"), net::asio::detached);
        run();
        return exchange;
    }

    std::string url_ = "https://esxi01.example/guestFile?id=1&amp;token=5&amp;x=y";
    std::string ticket_ =
        "<ticket>abc123</ticket><cfgFile>[ds] a/a.vmx</cfgFile><host>esxi01.example</host>"
        "<port>443</port><sslThumbprint>" +
        std::string(kThumbprint) +
        "</sslThumbprint><url>wss://esxi01.example:443/ticket/abc123</url>";
    std::string thumbprint_ = kThumbprint;
    FakeHosts hosts_{loop_};
    std::vector<std::shared_ptr<FakeExchange>> clients_;  // as long as their consoles
    EndpointService guests_{{.loop = loop_,
                             .clock = clock_,
                             .random = random_,
                             .keys = keys_,
                             .vault = vault_,
                             .policy = policy_,
                             .audit = audit_,
                             .hosts = &hosts_}};
};

TEST_F(Guests, AFileGoesToTheHostThatTheAnswerNames) {
    const auto cookie = logIn();
    const auto path = pathIn(ask(cookie, "InitiateFileTransferToGuest")->body);
    ASSERT_FALSE(path.empty());
    const auto sent = send("PUT", path, "hello");
    EXPECT_EQ(sent->response.status, 200);
    EXPECT_EQ(hosts_.asked, std::vector<std::string>{"esxi01.example:443"});
    const auto& asked = *hosts_.esxi->asked.back();
    EXPECT_EQ(asked.head.target, "/guestFile?id=1&token=5&x=y");
    EXPECT_EQ(*asked.head.headers.find("Host"), "esxi01.example");
    EXPECT_EQ(asked.head.headers.find("Authorization"), nullptr);
    EXPECT_EQ(asked.body, "hello");
    EXPECT_EQ(audit_.records.back().surface, "guest_file");
    EXPECT_EQ(audit_.records.back().object, "file");
}

TEST_F(Guests, AFileComesFromTheHostAndTheRestOfTheAnswerStays) {
    const auto cookie = logIn();
    const auto told = ask(cookie, "InitiateFileTransferFromGuest")->body;
    EXPECT_THAT(told,
                HasSubstr("<attributes><ownerId>0</ownerId></attributes><size>5</size><url>"));
    EXPECT_THAT(told, Not(HasSubstr("esxi01")));
    EXPECT_EQ(send("GET", pathIn(told))->response.status, 200);
    EXPECT_EQ(hosts_.esxi->asked.size(), 1U);
}

TEST_F(Guests, AUrlIsGoodForOneTransferInItsDirection) {
    const auto cookie = logIn();
    const auto path = pathIn(ask(cookie, "InitiateFileTransferToGuest")->body);
    EXPECT_EQ(send("GET", path)->response.status, 403);
    EXPECT_EQ(send("PUT", path + "x", "a")->response.status, 403);
    EXPECT_EQ(send("PUT", "/nfc" + path.substr(10), "a")->response.status, 404);
    EXPECT_EQ(send("PUT", path, "a", "vmware_soap_session=\"other\"")->response.status, 403);
    EXPECT_THAT(hosts_.asked, IsEmpty());
    EXPECT_EQ(send("PUT", path, "a")->response.status, 200);
    EXPECT_EQ(send("PUT", path, "a")->response.status, 404);
    EXPECT_EQ(hosts_.asked.size(), 1U);
}

TEST_F(Guests, AUrlEndsWithItsSessionAndByWaiting) {
    const auto cookie = logIn();
    const auto path = pathIn(ask(cookie, "InitiateFileTransferToGuest")->body);
    clock_.advance(std::chrono::minutes(6));
    EXPECT_EQ(send("PUT", path, "a")->response.status, 404);
    const auto other = pathIn(ask(cookie, "InitiateFileTransferToGuest")->body);
    await(guests_.dropKey(*wire::parseAccessKeyId(test::kKey)));
    EXPECT_EQ(send("PUT", other, "a")->response.status, 404);
    EXPECT_THAT(hosts_.asked, IsEmpty());
}

TEST_F(Guests, NothingGoesToAHostThatNobodyVouchesFor) {
    const auto cookie = logIn();
    thumbprint_ = "";
    auto refused = ask(cookie, "InitiateFileTransferToGuest");
    EXPECT_EQ(refused->response.status, 504);
    EXPECT_THAT(refused->body, HasSubstr("Fault"));
    EXPECT_THAT(refused->body, Not(HasSubstr("esxi01")));
    thumbprint_ = kThumbprint;
    refused = ask(cookie, "InitiateFileTransferToGuest", "<guestFilePath>/tmp/a</guestFilePath>");
    EXPECT_EQ(refused->response.status, 504);
    thumbprint_ = "ff:22" + std::string(kThumbprint).substr(5);
    const auto path = pathIn(ask(cookie, "InitiateFileTransferToGuest")->body);
    EXPECT_EQ(send("PUT", path, "a")->response.status, 503);
    EXPECT_THAT(hosts_.esxi->asked, IsEmpty());
}

TEST_F(Guests, AUrlOfTheVcenterItselfNeedsNoThumbprint) {
    const auto cookie = logIn();
    url_ = "https://*:443/guestFile?id=1&amp;token=5";
    thumbprint_ = "";
    const auto path = pathIn(ask(cookie, "InitiateFileTransferToGuest")->body);
    EXPECT_EQ(send("PUT", path, "a")->response.status, 200);
    EXPECT_THAT(hosts_.asked, IsEmpty());
    EXPECT_EQ(vcenter_->asked.back()->head.target, "/guestFile?id=1&token=5");
}

TEST_F(Guests, AnAnswerThatIsNotUnderstoodIsNotPassed) {
    const auto cookie = logIn();
    for (const auto* url :
         {"", "http://esxi01.example/guestFile", "https://a@b/guestFile", "nonsense"}) {
        url_ = url;
        EXPECT_EQ(ask(cookie, "InitiateFileTransferToGuest")->response.status, 504) << url;
    }
    for (const auto* ticket : {"",
                               "<ticket>a/b</ticket>",
                               "<ticket>a</ticket><ticket>b</ticket>",
                               "<ticket>a</ticket><host>esxi01.example</host>",
                               "<ticket>a</ticket><url>https://esxi01.example/ticket/a</url>",
                               "<ticket>a</ticket><url>wss://esxi01.example/ticket/b</url>"}) {
        ticket_ = ticket;
        const auto told = ask(cookie, "AcquireTicket", "<ticketType>webmks</ticketType>");
        EXPECT_EQ(told->response.status, 504) << ticket;
    }
}

TEST_F(Guests, TransfersAreForTheRoleFull) {
    keys_.role = Role::Deploy;
    const auto cookie = logIn();
    for (const auto* method : {"InitiateFileTransferToGuest", "InitiateFileTransferFromGuest"})
        EXPECT_THAT(ask(cookie, method)->body, HasSubstr("NoPermission")) << method;
    EXPECT_THAT(ask(cookie, "AcquireTicket", "<ticketType>webmks</ticketType>")->body,
                HasSubstr("NoPermission"));
}

TEST_F(Guests, OnlyTicketsForWebSocketsAreGivenOut) {
    const auto cookie = logIn();
    const auto before = vcenter_->asked.size();
    for (const auto* type : {"",
                             "<ticketType>mks</ticketType>",
                             "<ticketType>guestControl</ticketType>",
                             "<ticketType>webmks</ticketType><ticketType>mks</ticketType>",
                             "<ticketType>mks</ticketType><ticketType>webmks</ticketType>",
                             "<x><ticketType>webmks</ticketType></x>",
                             "<ticketType><a/>webmks</ticketType>"}) {
        EXPECT_THAT(ask(cookie, "AcquireTicket", type)->body, HasSubstr("NoPermission")) << type;
    }
    EXPECT_EQ(vcenter_->asked.size(), before);
}

TEST_F(Guests, ATicketLeadsToOneConsoleThroughTheIngress) {
    const auto cookie = logIn();
    const auto told = ask(cookie, "AcquireTicket", "<ticketType>webmks</ticketType>")->body;
    static const std::regex kTicket(
        "<returnval><ticket>([0-9a-f]{96})</ticket><cfgFile>\\[ds\\] a/a\\.vmx</cfgFile><host>"
        "ingress\\.example</host><port>8443</port>"
        "<url>wss://ingress\\.example:8443/ticket/\\1</url></returnval>");
    std::smatch found;
    ASSERT_TRUE(std::regex_search(told, found, kTicket)) << told;
    const auto path = "/ticket/" + found[1].str();

    hosts_.esxi->answer = [](const Asked&) {
        Answer answer;
        answer.status = 101;
        answer.before_the_body = true;
        answer.headers = {
            {"Upgrade", "websocket"}, {"Sec-WebSocket-Accept", "xyz"}, {"Set-Cookie", "c=d"}};
        answer.body = "a picture";
        return answer;
    };
    EXPECT_EQ(send("GET", path)->response.status, 400) << "not a WebSocket";
    const auto client = open(path);
    EXPECT_EQ(client->response.status, 101);
    EXPECT_EQ(*client->response.headers.find("Sec-WebSocket-Accept"), "xyz");
    EXPECT_EQ(client->response.headers.find("Set-Cookie"), nullptr);
    EXPECT_EQ(client->body, "a picture");
    EXPECT_EQ(open(path)->response.status, 403) << "a ticket lets in once";
    client->add("a key");
    client->end();
    run();
    const auto& asked = *hosts_.esxi->asked.back();
    EXPECT_EQ(asked.head.target, "/ticket/abc123");
    EXPECT_EQ(*asked.head.headers.find("Upgrade"), "websocket");
    EXPECT_EQ(*asked.head.headers.find("Sec-WebSocket-Key"), "abc");
    EXPECT_EQ(asked.head.headers.find("Cookie"), nullptr);
    EXPECT_EQ(asked.head.headers.find("Origin"), nullptr);
    EXPECT_EQ(asked.body, "a key");
    EXPECT_EQ(audit_.records.back().surface, "console");
    EXPECT_EQ(audit_.records.back().object, "console");
    EXPECT_EQ(open(path)->response.status, 404) << "and is forgotten when it is over";
}

TEST_F(Guests, AConsoleOfAnOlderVcenterHasHostAndPortOnly) {
    const auto cookie = logIn();
    ticket_ = "<ticket>t-1</ticket><host>esxi01.example</host><port>902</port><sslThumbprint>" +
              std::string(kThumbprint) + "</sslThumbprint>";
    const auto told = ask(cookie, "AcquireTicket", "<ticketType>webmks</ticketType>")->body;
    const auto at = told.find("<ticket>") + 8;
    open("/ticket/" + told.substr(at, 96));
    EXPECT_EQ(hosts_.asked, std::vector<std::string>{"esxi01.example:902"});
    EXPECT_EQ(hosts_.esxi->asked.back()->head.target, "/ticket/t-1");
}

TEST_F(Guests, AConsoleIsCutWithItsEndpointAndEndsWithItsKey) {
    hosts_.esxi->answer = [](const Asked&) {
        Answer answer;
        answer.status = 101;
        answer.before_the_body = true;
        answer.body = "a picture";
        return answer;
    };
    const auto consoleOf = [&](const std::string& cookie) {
        const auto told = ask(cookie, "AcquireTicket", "<ticketType>webmks</ticketType>")->body;
        return open("/ticket/" + told.substr(told.find("<ticket>") + 8, 96));
    };
    auto client = consoleOf(logIn());
    EXPECT_EQ(client->response.status, 101);
    await(guests_.put(EndpointConfig{id_, "vc1", "vcenter.example:9443"}, vcenter_));
    EXPECT_TRUE(client->aborted);
    await(guests_.put(EndpointConfig{id_, "vc1", "vcenter.example:8443"}, vcenter_));
    client = consoleOf(logIn());
    EXPECT_FALSE(client->aborted);
    await(guests_.remove(id_));
    EXPECT_TRUE(client->aborted);
    await(guests_.put(EndpointConfig{id_, "vc1", "vcenter.example:8443"}, vcenter_));
    keys_.expires_at = clock_.wallNow() + std::chrono::milliseconds(50);
    client = consoleOf(logIn());
    EXPECT_FALSE(client->aborted);
    loop_.restart();
    loop_.run_for(std::chrono::milliseconds(200));
    EXPECT_TRUE(client->aborted);
    EXPECT_THAT(audit_.records.back().reason, HasSubstr("expired"));
}

TEST_F(Guests, AUrlIsNothingOnceItsKeyHasExpired) {
    keys_.expires_at = clock_.wallNow() + std::chrono::seconds(60);
    const auto cookie = logIn();
    const auto path = pathIn(ask(cookie, "InitiateFileTransferToGuest")->body);
    clock_.advance(std::chrono::seconds(60));
    EXPECT_EQ(send("PUT", path, "a")->response.status, 404);
    EXPECT_THAT(hosts_.asked, IsEmpty());
}

TEST_F(Guests, AConsoleIsCutWithItsKeyAndByReadOnly) {
    hosts_.esxi->answer = [](const Asked&) {
        Answer answer;
        answer.status = 101;
        answer.before_the_body = true;
        answer.never = true;
        return answer;
    };
    const auto consoleOf = [&](const std::string& cookie) {
        const auto told = ask(cookie, "AcquireTicket", "<ticketType>webmks</ticketType>")->body;
        return open("/ticket/" + told.substr(told.find("<ticket>") + 8, 96));
    };
    auto client = consoleOf(logIn());
    guests_.cutRunning(EndpointService::Cut::WhatChanges, Error(errc::kReadOnly, "read only"));
    run();
    EXPECT_TRUE(client->aborted);
    client = consoleOf(logIn());
    await(guests_.dropKey(*wire::parseAccessKeyId(test::kKey)));
    EXPECT_TRUE(hosts_.esxi->asked.back()->cancelled);
}

}  // namespace
}  // namespace pcg::proxy
