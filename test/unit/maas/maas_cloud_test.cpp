// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/maas/maas_cloud.h"

#include "common/codec/base64.h"
#include "controlplane-sim/deploy/errc.h"

#include "maas_fixture.h"

namespace pcg::controlplane::maas {
namespace {

const std::string kMark = "pcg/dp_1/uuid-1";
const std::string kAllocate = "POST machines/ allocate";
const std::string kList = "GET machines/";

std::string listOf(const std::vector<std::string>& machines) {
    std::string text = "[";
    for (const auto& machine : machines) text += (text.size() > 1 ? "," : "") + machine;
    return text + "]";
}

class MaasCloudTest : public MaasProvider {
  protected:
    MaasCloudTest()
        : cloud_(client(), random_, std::chrono::milliseconds(0)),
          spec_{"k8s",
                wire::newId<wire::GatewayId>(random_),
                wire::newId<wire::EndpointId>(random_),
                {1, 0},
                "jammy",
                8,
                16384,
                0,
                {},
                {},
                {},
                "pool1",
                {"ssh-ed25519 AAAA me"},
                deploy::Platform::Maas,
                "az1",
                {"gpu", "virtual"}} {
        maas_->answers["GET boot-resources/"] = {
            {200,
             R"([{"id":1,"name":"ubuntu/jammy","type":"Synced"},{"id":2,"name":"mine","type":"Uploaded"}])"}};
        maas_->answers["GET zones/"] = {{200, R"([{"name":"az1"}])"}};
        maas_->answers["GET resourcepools/"] = {{200, R"([{"name":"pool1"}])"}};
        maas_->answers["GET tags/"] = {{200, R"([{"name":"gpu"},{"name":"virtual"}])"}};
        maas_->answers[kList] = {{200, "[]"}};
        identity_.choice = "m1";
    }

    void lists(const std::vector<std::string>& machines) {
        maas_->answers[kList] = {{200, listOf(machines)}};
    }

    void shows(const std::string& status, const std::string& more = {}) {
        maas_->answers["GET machines/m1/"] = {{200, machineText("m1", status, more)}};
    }

    Result<deploy::TaskEnd> finish(const std::string& task) { return run(cloud_.finish(task)); }

    MaasCloud cloud_;
    deploy::Spec spec_;
    deploy::Identity identity_{R"({"image":"ubuntu/jammy"})", "dp_1", "k8s-cp-1", "uuid-1"};
};

// ---- planning

TEST_F(MaasCloudTest, APlanSaysWhatTheNamesMean) {
    for (const auto& [asked, image] :
         std::vector<std::pair<std::string, std::string>>{{"jammy", "ubuntu/jammy"},
                                                          {"ubuntu/jammy", "ubuntu/jammy"},
                                                          {"mine", "custom/mine"}}) {
        spec_.source = asked;

        const auto placement = run(cloud_.place(spec_));

        ASSERT_TRUE(placement.has_value()) << placement.error().message();
        EXPECT_EQ(*placement,
                  R"({"image":")" + image +
                      R"(","zone":"az1","resource_pool":"pool1","tags":["gpu","virtual"]})");
    }
    for (const auto& request : maas_->requests) EXPECT_TRUE(request.name.starts_with("GET "));
}

TEST_F(MaasCloudTest, APlanNamesTheMemberThatIsNotThere) {
    const std::vector<std::pair<std::string, std::string>> wrong{
        {"GET boot-resources/", "image"},
        {"GET zones/", "zone"},
        {"GET resourcepools/", "resource_pool"},
        {"GET tags/", "tags"}};
    for (const auto& [list, field] : wrong) {
        const auto before = maas_->answers[list];
        maas_->answers[list] = {{200, R"([{"name":"other"}])"}};

        const auto placement = run(cloud_.place(spec_));

        ASSERT_FALSE(placement.has_value()) << field;
        EXPECT_TRUE(placement.error().is(deploy::kRejected));
        EXPECT_TRUE(placement.error().message().starts_with("\"" + field + "\""));
        maas_->answers[list] = before;
    }
}

TEST_F(MaasCloudTest, AMaasThatCannotTellOurMachinesFromOthersIsRefused) {
    lists({machineText("m7", "Deployed")});  // whatever agent name is asked for

    const auto placement = run(cloud_.place(spec_));

    ASSERT_FALSE(placement.has_value());
    EXPECT_TRUE(placement.error().message().starts_with("\"endpoint_id\""));
}

// ---- which machine

TEST_F(MaasCloudTest, OnlyWhatIsListedUnderTheMarkIsOurs) {
    lists({machineText("m1", "Allocated")});

    const auto found = run(cloud_.find(identity_));

    ASSERT_TRUE(found.has_value() && found->has_value());
    EXPECT_EQ((*found)->vm, "m1");
    EXPECT_TRUE((*found)->ours);
    EXPECT_EQ(maas_->requests.back().asked("agent_name"), kMark);
}

TEST_F(MaasCloudTest, AChoiceThatIsFreeIsNobodysAndOneThatIsNotIsAnothers) {
    shows("Ready");
    EXPECT_FALSE(run(cloud_.find(identity_))->has_value());

    shows("Deployed");
    const auto found = run(cloud_.find(identity_));
    ASSERT_TRUE(found->has_value());
    EXPECT_FALSE((*found)->ours);

    maas_->answers["GET machines/m1/"] = {{404, "No Machine matches the given query."}};
    EXPECT_FALSE((*run(cloud_.find(identity_)))->ours);
    identity_.choice.clear();
    EXPECT_FALSE(run(cloud_.find(identity_))->has_value());
}

TEST_F(MaasCloudTest, AMachineThatSomebodyReleasedIsNoneOfOursAnyMore) {
    EXPECT_FALSE(run(cloud_.look(identity_, "m1"))->has_value());
    lists({machineText("m2", "Deployed"), machineText("m1", "Deployed")});
    EXPECT_EQ((*run(cloud_.look(identity_, "m1")))->vm, "m1");
    EXPECT_FALSE(run(cloud_.look(identity_, "m3"))->has_value());
    EXPECT_EQ(maas_->requests.back().asked("id"), "m3");
}

TEST_F(MaasCloudTest, AChoiceIsMadeByTheMaasAndChangesNothing) {
    maas_->answers[kAllocate] = {{200, machineText("m5", "Ready")}};

    EXPECT_EQ(*run(cloud_.choose(identity_, spec_, {})), "m5");

    const auto& sent = maas_->requests.back();
    EXPECT_EQ(sent.field("dry_run"), "true");
    EXPECT_EQ(sent.field("cpu_count"), "8");
    EXPECT_EQ(sent.field("mem"), "16384");
    EXPECT_EQ(sent.field("zone"), "az1");
    EXPECT_EQ(sent.field("pool"), "pool1");
    EXPECT_EQ(oauth::allOf(sent.form, "tags"), (std::vector<std::string>{"gpu", "virtual"}));
    EXPECT_EQ(sent.field("agent_name"), "");
}

TEST_F(MaasCloudTest, WithoutAMachineThatFitsItSaysWhatToDo) {
    maas_->answers[kAllocate] = {{409, "No available machine matches constraints: []"}};

    const auto choice = run(cloud_.choose(identity_, spec_, {}));

    ASSERT_FALSE(choice.has_value());
    EXPECT_TRUE(choice.error().is(deploy::kRejected));
    EXPECT_NE(choice.error().message().find("No available machine"), std::string::npos);
    EXPECT_NE(choice.error().message().find("retry"), std::string::npos);
}

TEST_F(MaasCloudTest, OneThatCouldNotBeInstalledIsNotChosenAgainWhileThereIsAnother) {
    const std::string fitting =
        R"("cpu_count":8,"memory":16384,"zone":{"name":"az1"},"pool":{"name":"pool1"},"tag_names":["virtual","gpu"])";
    maas_->answers[kAllocate] = {{200, machineText("m1", "Ready")}};
    lists({machineText("m1", "Ready", fitting),
           machineText("m2", "Ready", R"("cpu_count":4,"memory":16384)"),
           machineText("m3", "Ready", fitting + R"(,"locked":true)"),
           machineText("m4", "Deployed", fitting),
           machineText("m5", "Ready", fitting)});

    EXPECT_EQ(*run(cloud_.choose(identity_, spec_, {"m1"})), "m5");
    EXPECT_EQ(maas_->requests.back().asked("status"), "ready");
    EXPECT_EQ(*run(cloud_.choose(identity_, spec_, {"m1", "m5"})), "m1") << "better than none";
}

// ---- changes

TEST_F(MaasCloudTest, ExactlyTheChoiceIsAllocatedUnderTheMark) {
    maas_->answers[kAllocate] = {{200, machineText("m1", "Allocated")},
                                 {200, machineText("m2", "Allocated")},
                                 {409, "No machine with system ID m1 available."}};

    EXPECT_EQ(*run(cloud_.clone(identity_)), "");
    EXPECT_EQ(maas_->requests.back().field("system_id"), "m1");
    EXPECT_EQ(maas_->requests.back().field("agent_name"), kMark);
    EXPECT_FALSE(run(cloud_.clone(identity_)).error().isInput()) << "it did, but what?";
    EXPECT_TRUE(run(cloud_.clone(identity_)).error().is(deploy::kNameInUse));
}

TEST_F(MaasCloudTest, AnInstallationGetsImageUserDataAndKeys) {
    lists({machineText("m1", "Allocated")});
    maas_->answers["POST machines/m1/ deploy"] = {{200, machineText("m1", "Deploying")}};

    const auto task = run(cloud_.powerOn(identity_, "m1", spec_, Secret()));

    EXPECT_EQ(*task, "install m1 " + kMark);
    const auto& sent = maas_->requests.back();
    EXPECT_EQ(sent.field("distro_series"), "ubuntu/jammy");
    EXPECT_EQ(sent.field("agent_name"), kMark);
    const auto data = codec::base64Decode(sent.field("user_data"));
    ASSERT_TRUE(data.has_value());
    EXPECT_EQ(asText(*data), "#cloud-config\nssh_authorized_keys:\n  - \"ssh-ed25519 AAAA me\"\n");
}

TEST_F(MaasCloudTest, AnInstallationThatHasBegunIsNotBegunAgain) {
    for (const auto* status : {"Deploying", "Deployed", "Failed deployment"}) {
        lists({machineText("m1", status)});
        EXPECT_EQ(*run(cloud_.powerOn(identity_, "m1", spec_, Secret())), "install m1 " + kMark);
    }
    lists({});
    EXPECT_TRUE(run(cloud_.powerOn(identity_, "m1", spec_, Secret())).error().is(deploy::kGone));
    lists({machineText("m1", "Broken")});
    const auto broken = run(cloud_.powerOn(identity_, "m1", spec_, Secret()));
    EXPECT_TRUE(broken.error().is(deploy::kInstallFailed));
    EXPECT_TRUE(maas_->sent("POST machines/m1/ deploy").empty());

    lists({machineText("m1", "Allocated")});
    maas_->answers["POST machines/m1/ deploy"] = {{409, "Can't deploy a machine that is in the"}};
    EXPECT_FALSE(run(cloud_.powerOn(identity_, "m1", spec_, Secret())).error().isInput());
}

TEST_F(MaasCloudTest, ALockedMachineIsSaidToBeOne) {
    lists({machineText("m1", "Deployed", R"("locked":true)")});
    maas_->answers["POST machines/m1/ release"] = {{403, ""}};

    const auto released = run(cloud_.destroy(identity_, "m1"));

    ASSERT_FALSE(released.has_value());
    EXPECT_TRUE(released.error().is(deploy::kRejected));
    EXPECT_NE(released.error().message().find("locked"), std::string::npos);
}

TEST_F(MaasCloudTest, OnlyWhatCarriesTheMarkIsReleasedAndOnlyOnce) {
    EXPECT_TRUE(run(cloud_.destroy(identity_, "m1")).error().is(deploy::kGone));
    lists({machineText("m1", "Releasing")});
    EXPECT_EQ(*run(cloud_.destroy(identity_, "m1")), "release m1 " + kMark);
    EXPECT_TRUE(maas_->sent("POST machines/m1/ release").empty());

    lists({machineText("m1", "Deployed")});
    maas_->answers["POST machines/m1/ release"] = {{200, machineText("m1", "Releasing")}};
    EXPECT_EQ(*run(cloud_.destroy(identity_, "m1")), "release m1 " + kMark);
    EXPECT_EQ(maas_->sent("POST machines/m1/ release").size(), 1U);
}

// ---- ends

TEST_F(MaasCloudTest, TheEndOfAnInstallationIsSeenOnTheMachine) {
    const auto task = "install m1 " + kMark;
    lists({machineText("m1", "Deploying")});
    EXPECT_FALSE(finish(task)->over);
    lists({machineText("m1", "Deployed")});
    EXPECT_TRUE(finish(task)->over && !finish(task)->fault);
    lists({machineText("m1", "Failed deployment", R"("error_description":"no disk")")});
    const auto failed = finish(task);
    EXPECT_TRUE(failed->fault->is(deploy::kInstallFailed));
    EXPECT_NE(failed->fault->message().find("no disk"), std::string::npos);
    lists({});
    EXPECT_TRUE(finish(task)->fault->is(deploy::kGone));
    EXPECT_TRUE(finish("install ../../users pcg/x").error().is(deploy::kGone));
}

TEST_F(MaasCloudTest, AReleaseIsOverWhenTheMachineIsFreeOrSomebodyElses) {
    const auto task = "release m1 " + kMark;
    shows("Releasing");
    EXPECT_FALSE(finish(task)->over);
    shows("Releasing failed");
    EXPECT_TRUE(finish(task)->fault->is(deploy::kRejected));
    shows("Ready");
    EXPECT_TRUE(finish(task)->over);
    shows("Allocated");  // somebody else has it already
    EXPECT_TRUE(finish(task)->over && !finish(task)->fault);
    maas_->answers["GET machines/m1/"] = {{404, "No Machine matches the given query."}};
    EXPECT_TRUE(finish(task)->over);
    EXPECT_TRUE(maas_->sent("POST machines/m1/ release").empty());
}

TEST_F(MaasCloudTest, AddressesAreThoseThatCanBeReachedOfAMachineThatIsInstalled) {
    const std::string some = R"("ip_addresses":["fe80::1","169.254.3.4","10.0.0.7","127.0.0.1"])";
    shows("Deployed", some);
    EXPECT_EQ(*run(cloud_.addresses("m1")), std::vector<std::string>{"10.0.0.7"});
    shows("Deploying", some);
    EXPECT_TRUE(run(cloud_.addresses("m1"))->empty());
    shows("Failed deployment");
    EXPECT_TRUE(run(cloud_.addresses("m1")).error().is(deploy::kInstallFailed));
}

}  // namespace
}  // namespace pcg::controlplane::maas
