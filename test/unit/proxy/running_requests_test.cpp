// SPDX-License-Identifier: Apache-2.0
// What ends a request that runs: the end of its key, of its endpoint.
#include "test/unit/proxy/forward_fixture.h"

#include <gmock/gmock.h>

namespace pcg::proxy {
namespace {

using test::call;
using test::envelope;
using test::FakeExchange;
using testing::HasSubstr;

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
    EndpointService running_{{loop_, clock_, random_, keys_, vault_, policy_, audit_}};
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
