// SPDX-License-Identifier: Apache-2.0
// Requests that are passed on to the vCenter.
#pragma once

#include "test/unit/proxy/proxy_fixture.h"

namespace pcg::proxy::test {

class ForwardTest : public ProxyTest {
  protected:
    static std::string currentTime() {
        return envelope(call("CurrentTime", "ServiceInstance", "ServiceInstance"));
    }

    const Asked& lastAsked() const { return *vcenter_->asked.back(); }

    // A request whose body is still to come.
    std::unique_ptr<FakeExchange> open(http::RequestHead head) {
        auto exchange = std::make_unique<FakeExchange>(loop_, std::move(head));
        exchange->keepOpen();
        begin(*exchange);
        run();
        return exchange;
    }

    static http::RequestHead folderHead(std::string method, std::string cookie) {
        http::RequestHead head;
        head.method = std::move(method);
        head.target = "/folder/pcg/a.iso?dcPath=DC0&dsName=ds";
        head.headers.add("Host", "ingress.example:8443");
        if (!cookie.empty()) head.headers.add("Cookie", std::move(cookie));
        return head;
    }
};

}  // namespace pcg::proxy::test
