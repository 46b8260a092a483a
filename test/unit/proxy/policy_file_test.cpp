// SPDX-License-Identifier: Apache-2.0
#include "common/http/signal.h"
#include "test/unit/proxy/forward_fixture.h"
#include "vcenter-proxy/judge.h"
#include "vcenter-proxy/machine_watch.h"

#include <gmock/gmock.h>

namespace pcg::proxy {
namespace {

using test::call;
using test::envelope;
using test::FakeExchange;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

constexpr auto kCanary = "canary-5c1f";

class Source final : public PolicySource {
  public:
    std::shared_ptr<const EndpointPolicy> policyFor(const wire::EndpointId&) override {
        return now;
    }

    void observe(const policy::Asker& asker, const policy::Ask& ask) override {
        observed.push_back(std::string(asker.endpoint) + ": " + ask.toText());
    }

    std::shared_ptr<const EndpointPolicy> now = std::make_shared<const EndpointPolicy>();
    std::vector<std::string> observed;
};

// A service with a policy that a test may change, and with a memory of whose machine is whose.
class PolicyFile : public test::ForwardTest {
  protected:
    PolicyFile() { await(own_.put({id_, "vc1", "vcenter.example:8443"}, vcenter_)); }

    ~PolicyFile() override {
        machines_.stop();
        await(own_.stop(std::chrono::seconds(1)));
    }

    void rules(const std::string& rules,
               const std::string& extends = "inventory",
               const std::string& more = {}) {
        const auto text = R"({"version":1,)" + more + R"("roles":{"r":{"extends":")" + extends +
                          R"(","rules":[)" + rules +
                          R"(]}},"assign":[{"endpoint":"vc1","role":"r"}]})";
        auto reading = policy::readPolicy(text, policyVocabulary());
        ASSERT_TRUE(reading.ok()) << policy::toText(reading.problems.front());
        EndpointPolicy policy;
        policy.document = reading.policy;
        source_.now = std::make_shared<const EndpointPolicy>(policy);
    }

    void readOnly() {
        EndpointPolicy policy;
        policy.read_only = true;
        source_.now = std::make_shared<const EndpointPolicy>(policy);
    }

    void pause() {
        EndpointPolicy policy;
        policy.paused = "because";
        source_.now = std::make_shared<const EndpointPolicy>(policy);
    }

    void serve(FakeExchange& exchange) {
        net::asio::co_spawn(
            loop_, own_.serve(exchange, id_, "0123456789abcdef"), net::asio::detached);
        run();
    }

    std::unique_ptr<FakeExchange> send(http::RequestHead head, std::string body) {
        if (!body.empty()) head.body = http::BodyFraming::ofLength(body.size());
        auto exchange = std::make_unique<FakeExchange>(loop_, std::move(head), std::move(body));
        serve(*exchange);
        return exchange;
    }

    std::unique_ptr<FakeExchange> sendCall(std::string body) {
        return send(test::soapHead(cookie()), std::move(body));
    }

    std::string cookie() {
        if (!cookie_.empty()) return cookie_;
        const auto exchange =
            send(test::soapHead(), envelope(test::loginCall(test::kKey, test::kKeySecret)));
        const auto* set = exchange->response.headers.find("Set-Cookie");
        if (set != nullptr) cookie_ = set->substr(0, set->find(';'));
        return cookie_;
    }

    static std::string clone(std::string_view folder, std::string_view more = {}) {
        return envelope(call("CloneVM_Task",
                             "VirtualMachine",
                             "vm-1",
                             "<folder type=\"Folder\">" + std::string(folder) +
                                 "</folder><name>web-3</name><spec>" + std::string(more) +
                                 "</spec>"));
    }

    const AuditRecord& audited() const { return audit_.records.back(); }

    Source source_;

    // The disk takes it when the test lets it.
    net::Task<void> remember(OwnMachineRecord one) {
        while (disk_is_slow_) co_await disk_.wait();
        remembered_.push_back(std::move(one));
    }

    std::vector<OwnMachineRecord> remembered_;
    http::Signal disk_{loop_.get_executor()};
    bool disk_is_slow_ = false;
    MachineWatch machines_{
        loop_, clock_, [this](OwnMachineRecord one) { return remember(std::move(one)); }};
    EndpointService own_{{loop_, clock_, random_, keys_, vault_, source_, audit_, &machines_}};
    std::string cookie_;
};

TEST_F(PolicyFile, RefusesWithAFaultThatNamesThePrivilegeAndNothingGoesUpstream) {
    rules(R"({"soap":["CloneVM_Task"],"where":{"folders":["group-v3"]}})");
    EXPECT_EQ(sendCall(clone("group-v3"))->response.status, 200);
    const auto refused = sendCall(clone("group-v4"));
    EXPECT_EQ(refused->response.status, 500);
    EXPECT_THAT(refused->body, HasSubstr("NoPermission"));
    EXPECT_THAT(refused->body, HasSubstr("<privilegeId>Gateway.CloneVM_Task</privilegeId>"));
    EXPECT_THAT(refused->body,
                HasSubstr("folder &quot;group-v4&quot; is not among those of the rule"));
    EXPECT_EQ(vcenter_->asked.size(), 2U);  // the login and the first clone
    EXPECT_EQ(audited().decision, "proxy.method_denied");
    EXPECT_THAT(source_.observed, Contains("vc1: CloneVM_Task VirtualMachine:vm-1"));
}

TEST_F(PolicyFile, JudgesALongCallBeforeItsLastOctetIsSent) {
    rules(R"({"soap":["CloneVM_Task"],"where":{"extra_config":["guestinfo.userdata"]}})");
    const auto config = [](std::string_view key) {
        return "<config><extraConfig><key>guestinfo.userdata</key><value>" +
               std::string(200'000, 'x') + "</value></extraConfig><extraConfig><key>" +
               std::string(key) + "</key><value>1</value></extraConfig></config>";
    };
    EXPECT_EQ(sendCall(clone("group-v3", config("guestinfo.userdata")))->response.status, 200);
    EXPECT_TRUE(lastAsked().finished);
    EXPECT_THAT(audited().arguments, HasSubstr("extra_config=guestinfo.userdata sha256:"));

    const auto refused = sendCall(clone("group-v3", config("isolation.tools.copy.disable")));
    EXPECT_EQ(refused->response.status, 500);
    EXPECT_THAT(refused->body, HasSubstr("NoPermission"));
    EXPECT_FALSE(lastAsked().finished);
    EXPECT_THAT(lastAsked().body, Not(HasSubstr("</s:Envelope>")));
    EXPECT_EQ(audited().decision, "proxy.method_denied");
}

TEST_F(PolicyFile, PaddingBehindTheCallDoesNotPutTheJudgementOff) {
    rules(R"({"soap":["CloneVM_Task"],"where":{"folders":["group-v3"]}})");
    auto body = clone("group-v4");
    body.insert(body.rfind("</s:Envelope>"), std::string(100'000, ' '));
    const auto before = (cookie(), vcenter_->asked.size());
    EXPECT_THAT(sendCall(body)->body, HasSubstr("NoPermission"));
    EXPECT_EQ(vcenter_->asked.size(), before);
}

TEST_F(PolicyFile, ALongCallThatOnlyReadsIsJudgedByItsArgumentsToo) {
    rules(R"({"soap":["SearchDatastore_Task"],"where":{"datastores":["fast"]}})");
    const auto search = [](std::string_view datastore) {
        return envelope(call("SearchDatastore_Task",
                             "HostDatastoreBrowser",
                             "browser-1",
                             "<searchSpec><matchPattern>" + std::string(100'000, 'x') +
                                 "</matchPattern></searchSpec><datastorePath>[" +
                                 std::string(datastore) + "] a</datastorePath>"));
    };
    EXPECT_EQ(sendCall(search("fast"))->response.status, 200);
    EXPECT_THAT(sendCall(search("slow"))->body, HasSubstr("NoPermission"));
    EXPECT_FALSE(lastAsked().finished);
}

TEST_F(PolicyFile, AnArgumentOfAnotherNamespaceMeetsNoCondition) {
    rules(R"({"soap":["CloneVM_Task"],"where":{"datastores":["datastore-1"]}})");
    const auto named = "<location><datastore type=\"Datastore\">datastore-1</datastore></location>";
    const auto faked =
        "<x:datastore xmlns:x=\"urn:other\" type=\"Datastore\">datastore-1</x:datastore>";
    EXPECT_EQ(sendCall(clone("group-v3", named))->response.status, 200);
    EXPECT_THAT(sendCall(clone("group-v3", faked))->body, HasSubstr("NoPermission"));
}

TEST_F(PolicyFile, OnlyTheRoleFullMovesAMachineToAnotherVcenter) {
    const auto to = [](std::string_view padding) {
        return clone("group-v3",
                     "<annotation>" + std::string(padding) +
                         "</annotation><location><service><url>https://other/sdk</url>"
                         "</service></location>");
    };
    EXPECT_EQ(sendCall(to(""))->response.status, 200) << "the key's role is full";
    EXPECT_EQ(sendCall(to(std::string(100'000, 'x')))->response.status, 200);
    const auto refused = [&](const std::string& body) {
        const auto exchange = sendCall(body);
        EXPECT_THAT(exchange->body, HasSubstr("to another vCenter is for the role"));
        return exchange->response.status;
    };
    rules("", "deploy");
    EXPECT_EQ(refused(to("")), 500);
    EXPECT_EQ(refused(to(std::string(100'000, 'x'))), 500);
    EXPECT_FALSE(lastAsked().finished);
    rules(R"({"soap":["CloneVM_Task"]})");
    EXPECT_EQ(refused(to("")), 500);
    rules(R"({"soap":["CloneVM_Task"]})", "full");
    EXPECT_EQ(sendCall(to(""))->response.status, 200);
}

TEST_F(PolicyFile, OnlyWhomTheFileGivesTheRoleFullHasTheVcenterFetchAUrl) {
    const auto pull = [&] {
        http::RequestHead head;
        head.method = "POST";
        head.target = "/api/content/library/item/update-session/1/file";
        head.headers.add("Host", "ingress.example:8443");
        const auto shown = cookie();
        head.headers.add("vmware-api-session-id", shown.substr(shown.find('=') + 1));
        return send(std::move(head), R"({"name":"a","source_type":"PULL"})")->response.status;
    };
    const auto file = [&](const std::string& text) {
        auto reading = policy::readPolicy(R"({"version":1,)" + text + "}", policyVocabulary());
        ASSERT_TRUE(reading.ok()) << policy::toText(reading.problems.front());
        EndpointPolicy policy;
        policy.document = reading.policy;
        source_.now = std::make_shared<const EndpointPolicy>(policy);
    };
    // The key's own role is full, whatever the file makes of it.
    EXPECT_EQ(pull(), 200);
    file(R"("endpoints":{"vc1":{"ceiling":"deploy"}})");
    EXPECT_EQ(pull(), 403);
    file(R"("assign":[{"endpoint":"vc1","role":"deploy"}])");
    EXPECT_EQ(pull(), 403);
    rules("", "deploy");
    EXPECT_EQ(pull(), 403);
    rules(R"({"rest":["POST /api/content/**"]})");
    EXPECT_EQ(pull(), 403);
    rules("", "full");
    EXPECT_EQ(pull(), 200);
    file(R"("endpoints":{"vc2":{"ceiling":"deploy"}})");
    EXPECT_EQ(pull(), 200);
}

TEST_F(PolicyFile, ARuleAboutRestIsMetAtBothDoorsHoweverItIsWritten) {
    const auto ask = [&](std::string method, std::string target) {
        http::RequestHead head;
        head.method = std::move(method);
        head.target = std::move(target);
        head.headers.add("Host", "ingress.example:8443");
        const auto shown = cookie();
        head.headers.add("vmware-api-session-id", shown.substr(shown.find('=') + 1));
        return send(std::move(head), "")->response.status;
    };
    for (const auto* written :
         {R"("DELETE /api/vcenter/vm/{}","POST /api/vcenter/vm/{}/power stop")",
          R"("DELETE /rest/vcenter/vm/{}/","POST /rest/vcenter/vm/{}/power/stop")"}) {
        rules(R"({"effect":"deny","rest":[)" + std::string(written) + "]}", "full");
        for (const auto* target : {"/api/vcenter/vm/vm-1",
                                   "/api/vcenter/vm/vm-1/",
                                   "/rest/vcenter/vm/vm-1",
                                   "/rest/com/vmware/vcenter/vm/vm-1",
                                   "/rest/vcenter/vm/id:vm-1",
                                   "/rest/vcenter/vm/vm-1?~action=x",
                                   "/api/vcenter/%76m/vm-1"})
            EXPECT_EQ(ask("DELETE", target), 403) << written << " " << target;
        for (const auto* target : {"/api/vcenter/vm/vm-1/power?action=stop",
                                   "/rest/vcenter/vm/vm-1/power/stop",
                                   "/rest/vcenter/vm/vm-1/power/stop/",
                                   "/api/vcenter/vm/vm-1/POWER?action=stop"})
            EXPECT_EQ(ask("POST", target), 403) << written << " " << target;
        EXPECT_EQ(ask("POST", "/rest/vcenter/vm/vm-1/power/start"), 200);
    }
    rules(R"({"rest":["GET /api/vcenter/vm/{}"]})", "inventory");
    EXPECT_EQ(ask("GET", "/rest/vcenter/vm/vm-1"), 200);
    EXPECT_THAT(source_.observed, Contains("vc1: GET /api/vcenter/vm/vm-1"));
}

TEST_F(PolicyFile, AFileOfALibraryHasOneNameWhateverItsPath) {
    rules(R"({"effect":"deny","files":["PUT cls/data/**"]})", "full");
    for (const auto* target : {"/cls/data/1-2/a.vmdk",
                               "/cls/d%61ta/1-2/a.vmdk",
                               "/rest/com/vmware/cis/data/1-2/a.vmdk"}) {
        http::RequestHead head;
        head.method = "PUT";
        head.target = target;
        head.headers.add("Host", "ingress.example:8443");
        const auto shown = cookie();
        head.headers.add("vmware-api-session-id", shown.substr(shown.find('=') + 1));
        EXPECT_EQ(send(std::move(head), "octets")->response.status, 403) << target;
    }
}

TEST_F(PolicyFile, ReadOnlyLetsReadAndRefusesTheRest) {
    cookie();
    readOnly();
    EXPECT_EQ(
        sendCall(envelope(call("RetrieveProperties", "PropertyCollector", "pc")))->response.status,
        200);
    const auto refused = sendCall(envelope(call("PowerOnVM_Task", "VirtualMachine", "vm-1")));
    EXPECT_THAT(refused->body, HasSubstr("NoPermission"));
    EXPECT_THAT(refused->body, HasSubstr("read-only"));
    EXPECT_EQ(audited().decision, "proxy.read_only");
    EXPECT_EQ(send(folderHead("PUT", cookie()), "x")->response.status, 403);
    EXPECT_EQ(send(folderHead("GET", cookie()), "")->response.status, 200);
}

TEST_F(PolicyFile, ReadOnlyBreaksOffWhatChangesAndNothingElse) {
    vcenter_->answer = [](const test::Asked& asked) {
        auto answer = test::vcenterAnswer(asked);
        answer.never = asked.head.target.starts_with("/folder") ||
                       asked.body.find("WaitFor") != std::string::npos;
        return answer;
    };
    const auto poll = sendCall(envelope(call("WaitForUpdatesEx", "PropertyCollector", "pc")));
    const auto upload = send(folderHead("PUT", cookie()), "content");
    readOnly();
    own_.cutRunning(EndpointService::Cut::WhatChanges, Error(errc::kReadOnly, "switched"));
    run();
    EXPECT_TRUE(upload->aborted);
    EXPECT_FALSE(poll->aborted);
    EXPECT_TRUE(lastAsked().cancelled);
    own_.cutRunning(EndpointService::Cut::Everything, Error(errc::kPaused, "over"));
    run();
    EXPECT_TRUE(poll->aborted);
    EXPECT_EQ(audited().decision, "proxy.paused");
    EXPECT_EQ(audited().outcome, "cancelled");
}

// The clock of the tests begins on a Saturday at 22:26:40 UTC.
TEST_F(PolicyFile, AWindowThatClosesBreaksOffWhatItNoLongerAllowsAndNothingElse) {
    rules(
        R"({"soap":["WaitForUpdatesEx"],"when":["evening"]},{"files":["PUT **"],"when":["evening"]},)"
        R"({"effect":"deny","files":["GET **"],"when":["night"]},{"files":["GET **"]},{"soap":["WaitForUpdates"]})",
        "full",
        R"("windows":{"evening":{"days":["sat"],"from":"20:00","to":"22:30","time_zone":"UTC"},)"
        R"("night":{"from":"23:00","to":"05:00","time_zone":"UTC"}},)");
    vcenter_->answer = [](const test::Asked& asked) {
        auto answer = test::vcenterAnswer(asked);
        answer.never = asked.head.target.starts_with("/folder") ||
                       asked.body.find("WaitFor") != std::string::npos;
        return answer;
    };
    const auto poll = sendCall(envelope(call("WaitForUpdatesEx", "PropertyCollector", "pc")));
    const auto upload = send(folderHead("PUT", cookie()), "content");
    const auto download = send(folderHead("GET", cookie()), "");
    const auto older = sendCall(envelope(call("WaitForUpdates", "PropertyCollector", "pc")));
    own_.cutWhatIsOver();
    run();
    EXPECT_FALSE(poll->aborted || upload->aborted || download->aborted || older->aborted);

    clock_.advance(std::chrono::seconds(199));
    own_.cutWhatIsOver();
    run();
    EXPECT_FALSE(poll->aborted || upload->aborted);
    clock_.advance(std::chrono::seconds(1));  // 22:30
    own_.cutWhatIsOver();
    run();
    EXPECT_TRUE(poll->aborted && upload->aborted);
    EXPECT_FALSE(download->aborted || older->aborted);
    EXPECT_EQ(audited().decision, "proxy.window_closed");
    EXPECT_THAT(audited().reason, HasSubstr("the time that the policy gives it is over (rule"));
    EXPECT_THAT(sendCall(envelope(call("WaitForUpdatesEx", "PropertyCollector", "pc")))->body,
                HasSubstr("not the time"));

    clock_.advance(std::chrono::minutes(30));  // 23:00: a rule that refuses begins to count
    own_.cutWhatIsOver();
    run();
    EXPECT_TRUE(download->aborted);
    EXPECT_FALSE(older->aborted);
    own_.cutRunning(EndpointService::Cut::Everything, Error(errc::kPaused, "over"));
    run();
}

TEST_F(PolicyFile, ARunningServiceLooksAtTheWindowsByItself) {
    rules(
        R"({"soap":["WaitForUpdatesEx"],"when":["evening"]})",
        "full",
        R"("windows":{"evening":{"days":["sat"],"from":"20:00","to":"22:30","time_zone":"UTC"}},)");
    vcenter_->answer = [](const test::Asked& asked) {
        auto answer = test::vcenterAnswer(asked);
        answer.never = asked.body.find("WaitFor") != std::string::npos;
        return answer;
    };
    const auto poll = sendCall(envelope(call("WaitForUpdatesEx", "PropertyCollector", "pc")));
    clock_.advance(std::chrono::minutes(5));
    own_.start();
    run();
    EXPECT_TRUE(poll->aborted);
}

TEST_F(PolicyFile, AKeyWithARoleOfTheFileHasJustThat) {
    keys_.file_role = "r";
    keys_.role = Role::Inventory;
    rules(R"({"soap":["PowerOnVM_Task"]})");
    const auto power = envelope(call("PowerOnVM_Task", "VirtualMachine", "vm-1"));
    EXPECT_EQ(sendCall(power)->response.status, 200);
    EXPECT_THAT(sendCall(clone("group-v3"))->body, HasSubstr("NoPermission"));
    source_.now = std::make_shared<const EndpointPolicy>();
    EXPECT_THAT(sendCall(power)->body, HasSubstr("is one of the policy file, and there is none"));
    EXPECT_THAT(sendCall(envelope(call("RetrieveProperties", "PropertyCollector", "pc")))->body,
                HasSubstr("NoPermission"));
    EXPECT_EQ(sendCall(envelope(call("CurrentTime", "ServiceInstance", "x")))->response.status,
              200);
    EXPECT_EQ(send(folderHead("GET", cookie()), "")->response.status, 403);
}

TEST_F(PolicyFile, PausedNothingIsAnsweredButThatItIsSo) {
    cookie();
    pause();
    const auto asked = vcenter_->asked.size();
    const auto refused = sendCall(envelope(call("RetrieveProperties", "PropertyCollector", "pc")));
    EXPECT_EQ(refused->response.status, 503);
    EXPECT_THAT(refused->body, HasSubstr("paused"));
    EXPECT_THAT(refused->body, Not(HasSubstr("because")));
    EXPECT_EQ(*refused->response.headers.find("Pcg-Outcome"), "not-dispatched");
    EXPECT_EQ(send(test::soapHead(), envelope(test::loginCall(test::kKey, test::kKeySecret)))
                  ->response.status,
              503);
    EXPECT_EQ(vcenter_->asked.size(), asked);
    source_.now = std::make_shared<const EndpointPolicy>();
    EXPECT_EQ(
        sendCall(envelope(call("RetrieveProperties", "PropertyCollector", "pc")))->response.status,
        200);
}

std::string taskState(std::string_view state, std::string_view machine) {
    return "<RetrievePropertiesResponse xmlns=\"urn:vim25\"><returnval><obj "
           "type=\"Task\">task-9</obj>"
           "<propSet><name>info.result</name><val type=\"VirtualMachine\" "
           "xsi:type=\"ManagedObjectReference\">" +
           std::string(machine) +
           "</val></propSet><propSet><name>info.state</name><val xsi:type=\"TaskInfoState\">" +
           std::string(state) + "</val></propSet></returnval></RetrievePropertiesResponse>";
}

// A clone is task-9; what `state` holds is what the vCenter says of it.
std::function<test::Answer(const test::Asked&)> cloning(const std::string& state) {
    return [&state](const test::Asked& asked) {
        auto answer = test::vcenterAnswer(asked);
        if (asked.body.find("CloneVM_Task") != std::string::npos)
            answer.body =
                "<CloneVM_TaskResponse><returnval "
                "type=\"Task\">task-9</returnval></CloneVM_TaskResponse>";
        if (asked.body.find("info.state") != std::string::npos)
            answer.body = taskState(state, "vm-77");
        return answer;
    };
}

constexpr auto kOwnOnly =
    R"({"soap":["CloneVM_Task"]},{"soap":["PowerOnVM_Task"],"where":{"own_vms":true}})";

TEST_F(PolicyFile, AMachineThatTheKeyMadeIsItsOwnAsSoonAsTheTaskSaysSo) {
    rules(kOwnOnly);
    std::string state = "running";
    vcenter_->answer = cloning(state);
    sendCall(clone("group-v3"));
    EXPECT_EQ(audited().task, "task-9");
    EXPECT_EQ(machines_.watched(), 1U);
    const auto power = envelope(call("PowerOnVM_Task", "VirtualMachine", "vm-77"));
    EXPECT_THAT(sendCall(power)->body, HasSubstr("was not made through this gateway"));
    state = "success";
    clock_.advance(std::chrono::seconds(1));
    // The client heard of the end before the gateway looked again.
    EXPECT_EQ(sendCall(power)->response.status, 200);
    EXPECT_EQ(machines_.watched(), 0U);
    ASSERT_EQ(remembered_.size(), 1U);
    EXPECT_EQ(remembered_[0].machine, "vm-77");
    EXPECT_THAT(sendCall(envelope(call("PowerOnVM_Task", "VirtualMachine", "vm-1")))->body,
                HasSubstr("NoPermission"));
}

// Else a gateway that dies right after a call forgets whose machine it was, and refuses the next.
TEST_F(PolicyFile, AMachineMayBeUsedOnceTheDiskKnowsWhoseItIsAndNobodyIsRefusedMeanwhile) {
    rules(kOwnOnly);
    const std::string state = "success";
    vcenter_->answer = cloning(state);
    sendCall(clone("group-v3"));
    clock_.advance(std::chrono::seconds(1));
    disk_is_slow_ = true;
    const auto power = envelope(call("PowerOnVM_Task", "VirtualMachine", "vm-77"));
    const auto first = sendCall(power);
    const auto second = sendCall(power);
    EXPECT_EQ(first->body, "");
    EXPECT_EQ(second->body, "");
    disk_is_slow_ = false;
    disk_.notify();
    run();
    EXPECT_EQ(remembered_.size(), 1U);
    EXPECT_THAT(first->body, HasSubstr("PowerOnVM_Task"));
    EXPECT_THAT(second->body, HasSubstr("PowerOnVM_Task"));
}

TEST_F(PolicyFile, TheAuditSaysWhatWasAskedAndNeverASecret) {
    const auto body =
        envelope(call("CloneVM_Task",
                      "VirtualMachine",
                      "vm-7",
                      "<folder "
                      "type=\"Folder\">group-v3</folder><name>web-3</"
                      "name><spec><customization><identity><password><value>" +
                          std::string(kCanary) +
                          "</value></password></identity></customization><config><extraConfig>"
                          "<key>guestinfo.userdata</key><value>[" +
                          kCanary +
                          "] x</value></extraConfig><extraConfig>"
                          "<key>guestinfo.root</key><value>" +
                          kCanary + "</value></extraConfig></config></spec>"));
    vcenter_->answer = [](const test::Asked& asked) {
        auto answer = test::vcenterAnswer(asked);
        if (asked.body.find("CloneVM_Task") != std::string::npos)
            answer.body =
                "<CloneVM_TaskResponse><returnval "
                "type=\"Task\">task-91</returnval></CloneVM_TaskResponse>";
        return answer;
    };
    sendCall(body);
    const auto& record = audited();
    EXPECT_THAT(summaryOf(record), HasSubstr("CloneVM_Task VirtualMachine:vm-7 -> web-3 by ak_"));
    EXPECT_THAT(summaryOf(record), HasSubstr(", task-91, "));
    EXPECT_THAT(summaryOf(record), HasSubstr(", success"));
    EXPECT_THAT(record.arguments,
                HasSubstr("name=web-3 folder=group-v3 extra_config=guestinfo.userdata sha256:"));
    for (const auto& text :
         {summaryOf(record), record.arguments, record.reason, record.detail, record.object})
        EXPECT_THAT(text, Not(HasSubstr(kCanary)));
    EXPECT_FALSE(log_.contains(kCanary));
}

TEST_F(PolicyFile, AFaultIsInTheAuditByItsName) {
    cookie();
    vcenter_->answer = [](const test::Asked&) {
        test::Answer answer;
        answer.status = 500;
        answer.body =
            "<soapenv:Fault><detail><InvalidStateFault xmlns=\"urn:vim25\" "
            "xsi:type=\"InvalidPowerState\"></InvalidStateFault></detail></soapenv:Fault>";
        return answer;
    };
    sendCall(envelope(call("PowerOnVM_Task", "VirtualMachine", "vm-7")));
    EXPECT_EQ(audited().fault, "InvalidPowerState");
    EXPECT_THAT(summaryOf(audited()), HasSubstr("fault InvalidPowerState"));
}

}  // namespace
}  // namespace pcg::proxy
