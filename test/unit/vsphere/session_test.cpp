// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/vsphere/client.h"
#include "controlplane-sim/vsphere/errc.h"

#include <gtest/gtest.h>

#include <deque>

namespace pcg::controlplane::vsphere {
namespace {

std::string envelope(const std::string& body) {
    return "<Envelope><Body>" + body + "</Body></Envelope>";
}

std::string fault(const std::string& type) {
    return envelope(R"(<Fault><faultstring>no</faultstring><detail><)" + type +
                    "Fault/></detail></Fault>");
}

const std::string kContent = envelope(
    R"(<R><returnval><rootFolder type="Folder">f</rootFolder><propertyCollector type="P">p</propertyCollector>
       <viewManager type="V">v</viewManager><about><apiType>VirtualCenter</apiType></about>
       <sessionManager type="S">s</sessionManager><searchIndex type="I">i</searchIndex></returnval></R>)");
const std::string kWelcome = envelope("<LoginResponse><returnval/></LoginResponse>");
const std::string kFound = envelope(R"(<R><returnval type="VirtualMachine">vm-1</returnval></R>)");

struct Answer {
    int status = 200;
    std::string body;
    std::string outcome;  // Pcg-Outcome
    std::string cookie;
};

// Answers by method, in turn; the last answer of a method stays.
class ScriptedVcenter final : public http::Caller {
  public:
    std::map<std::string, std::deque<Answer>> answers{
        {"RetrieveServiceContent", {{200, kContent, {}, {}}}},
        {"Login", {{200, kWelcome, {}, "vmware_soap_session=\"abc\"; Path=/; HttpOnly"}}},
        {"Logout", {{200, envelope("<LogoutResponse/>"), {}, {}}}}};
    std::vector<std::string> calls;
    std::vector<std::string> cookies;

    net::Task<Result<std::unique_ptr<http::Call>>> start(http::RequestHead head) override {
        const auto* cookie = head.headers.find("Cookie");
        cookies.push_back(cookie == nullptr ? "" : *cookie);
        std::unique_ptr<http::Call> call = std::make_unique<Scripted>(*this);
        co_return call;
    }

  private:
    class Scripted final : public http::Call {
      public:
        explicit Scripted(ScriptedVcenter& vcenter) : vcenter_(vcenter) {}

        net::Task<Result<>> writeBody(BytesView bytes) override {
            request_ += asText(bytes);
            co_return Result<>{};
        }

        net::Task<Result<>> finishRequest() override { co_return Result<>{}; }

        net::Task<Result<http::ResponseHead>> readHead() override {
            const auto body = xml::parse(asBytes(request_));
            const auto method = body->child("Body")->children.at(0).name;
            vcenter_.calls.push_back(method);
            auto& script = vcenter_.answers[method];
            if (script.empty()) co_return fail(kBadAnswer, "not scripted");
            answer_ = script.front();
            if (script.size() > 1) script.pop_front();
            http::ResponseHead head;
            head.status = answer_.status;
            if (!answer_.outcome.empty()) head.headers.add("Pcg-Outcome", answer_.outcome);
            if (!answer_.cookie.empty()) head.headers.add("Set-Cookie", answer_.cookie);
            co_return head;
        }

        net::Task<Result<std::size_t>> readBody(MutableBytes buffer) override {
            const auto count = std::min(buffer.size(), answer_.body.size());
            std::copy_n(answer_.body.begin(), count, buffer.begin());
            answer_.body.erase(0, count);
            co_return count;
        }

        void cancel() override {}

        http::Outcome outcome() const override { return http::Outcome::Unknown; }

      private:
        ScriptedVcenter& vcenter_;
        std::string request_;
        Answer answer_;
    };
};

class VSphereSession : public ::testing::Test {
  protected:
    Result<std::optional<Ref>> find() {
        std::optional<Result<std::optional<Ref>>> outcome;
        net::asio::co_spawn(loop_, ask(session_, outcome), net::asio::detached);
        loop_.restart();
        loop_.run();
        return std::move(*outcome);
    }

    static net::Task<void> ask(std::shared_ptr<Session> session,
                               std::optional<Result<std::optional<Ref>>>& outcome) {
        Client client(std::move(session));
        outcome = co_await client.findByPath("DC0/vm/a");
    }

    net::Loop loop_{1};
    std::shared_ptr<ScriptedVcenter> vcenter_ = std::make_shared<ScriptedVcenter>();
    std::shared_ptr<Session> session_ = std::make_shared<Session>(
        loop_.get_executor(), vcenter_, "user", Secret::fromText("password"));
};

TEST_F(VSphereSession, LogsInOnceAndKeepsTheCookie) {
    vcenter_->answers["FindByInventoryPath"] = {{200, kFound, {}, {}}};

    ASSERT_TRUE(find().has_value());
    const auto again = find();

    ASSERT_TRUE(again.has_value());
    EXPECT_EQ((*again)->id, "vm-1");
    EXPECT_EQ(
        vcenter_->calls,
        (std::vector<std::string>{
            "RetrieveServiceContent", "Login", "FindByInventoryPath", "FindByInventoryPath"}));
    EXPECT_EQ(vcenter_->cookies.back(), "vmware_soap_session=\"abc\"");
}

TEST_F(VSphereSession, LogsInAgainOnceWhenTheSessionIsForgotten) {
    vcenter_->answers["FindByInventoryPath"] = {{500, fault("NotAuthenticated"), {}, {}},
                                                {200, kFound, {}, {}}};

    const auto found = find();

    ASSERT_TRUE(found.has_value()) << found.error().message();
    EXPECT_EQ(std::count(vcenter_->calls.begin(), vcenter_->calls.end(), "Login"), 2);
}

TEST_F(VSphereSession, AWrongKeyIsNotTriedAgain) {
    vcenter_->answers["Login"] = {{500, fault("InvalidLogin"), "not-dispatched", {}}};

    EXPECT_TRUE(find().error().is(kInvalidLogin));
    EXPECT_TRUE(find().error().is(kInvalidLogin));

    EXPECT_TRUE(session_->refused());
    EXPECT_EQ(std::count(vcenter_->calls.begin(), vcenter_->calls.end(), "Login"), 1);
}

TEST_F(VSphereSession, TellsWhatTheWayKnowsOfALostCall) {
    const auto lost = envelope("<Fault><faultstring>the gateway is offline</faultstring></Fault>");
    vcenter_->answers["FindByInventoryPath"] = {
        {500, lost, "not-dispatched", {}}, {504, lost, "unknown", {}}, {502, "<html>", {}, {}}};

    const auto first = find();
    EXPECT_TRUE(first.error().is(kNotSent));
    EXPECT_EQ(first.error().message(), "the gateway is offline");
    EXPECT_TRUE(find().error().is(kUnknown));
    EXPECT_TRUE(find().error().is(kUnknown));
}

}  // namespace
}  // namespace pcg::controlplane::vsphere
