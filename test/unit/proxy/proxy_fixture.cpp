// SPDX-License-Identifier: Apache-2.0
#include "test/unit/proxy/proxy_fixture.h"

namespace pcg::proxy::test {
namespace {

std::optional<SoapCall> callOf(const Asked& asked) {
    SoapEnvelope soap;
    if (!soap.feed(asBytes(asked.body))) return std::nullopt;
    return soap.call();
}

}  // namespace

Answer vcenterAnswer(const Asked& asked) {
    Answer answer;
    answer.headers.add("Content-Type", "text/xml; charset=utf-8");
    const auto call = callOf(asked);
    if (!call) {
        answer.body = "content of " + asked.head.target;
        return answer;
    }
    if (call->method == "Login") {
        answer.headers.add("Set-Cookie",
                           std::string("vmware_soap_session=\"") + kUpstreamCookie +
                               "\"; Path=/; HttpOnly; Secure");
        answer.body = capturedSoap("responses/Login.xml");
    } else if (call->method == "RetrieveServiceContent") {
        answer.body = capturedSoap("responses/RetrieveServiceContent.xml");
    } else {
        answer.body = "answer to " + call->method;
    }
    return answer;
}

ProxyTest::ProxyTest() {
    vcenter_->answer = vcenterAnswer;
    await(service_.put({id_, "vc1", "vcenter.example:8443"}, vcenter_));
}

ProxyTest::~ProxyTest() { await(service_.stop(std::chrono::seconds(1))); }

void ProxyTest::begin(FakeExchange& exchange) {
    net::asio::co_spawn(
        loop_, service_.serve(exchange, id_, "0123456789abcdef"), net::asio::detached);
}

void ProxyTest::run() {
    loop_.restart();
    // Quiet: nothing is ready to run. Timers that are far off do not count.
    while (loop_.poll() > 0) {
    }
}

std::unique_ptr<FakeExchange> ProxyTest::ask(http::RequestHead head, std::string body) {
    if (!body.empty()) head.body = http::BodyFraming::ofLength(body.size());
    auto exchange = std::make_unique<FakeExchange>(loop_, std::move(head), std::move(body));
    begin(*exchange);
    run();
    return exchange;
}

std::unique_ptr<FakeExchange> ProxyTest::soap(std::string body, std::string cookie) {
    return ask(soapHead(std::move(cookie)), std::move(body));
}

std::string ProxyTest::login(const wire::EndpointId* endpoint) {
    auto head = soapHead();
    std::string body = envelope(loginCall(kKey, kKeySecret));
    head.body = http::BodyFraming::ofLength(body.size());
    FakeExchange exchange(loop_, std::move(head), std::move(body));
    net::asio::co_spawn(
        loop_,
        service_.serve(exchange, endpoint == nullptr ? id_ : *endpoint, "0123456789abcdef"),
        net::asio::detached);
    run();
    const auto* set_cookie = exchange.response.headers.find("Set-Cookie");
    if (set_cookie == nullptr) return {};
    return set_cookie->substr(0, set_cookie->find(';'));
}

std::vector<std::string> ProxyTest::methodsAsked(const FakeVcenter& vcenter) const {
    std::vector<std::string> methods;
    for (const auto& asked : vcenter.asked) {
        const auto call = callOf(*asked);
        methods.push_back(call ? call->method : asked->head.method);
    }
    return methods;
}

}  // namespace pcg::proxy::test
