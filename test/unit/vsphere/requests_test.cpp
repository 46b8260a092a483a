// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/vsphere/requests.h"

#include "common/base/text.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace pcg::controlplane::vsphere {
namespace {

// A golden file has a line for each element that opens, for people; its indentation is not sent.
std::string golden(const std::string& name) {
    std::ifstream file(std::string(PCG_SOURCE_DIR) + "/test/vectors/vsphere/" + name);
    std::string all;
    for (std::string line; std::getline(file, line);) all += trimAscii(line);
    return all;
}

const Ref kCollector{"PropertyCollector", "propertyCollector"};
const Ref kMachine{"VirtualMachine", "vm-42"};

TEST(VSphereRequests, AreTheGoldenOnes) {
    CloneOrder clone{kMachine,
                     {"Folder", "group-v3"},
                     "k8s-cp-1",
                     {"ResourcePool", "resgroup-8"},
                     Ref{"Datastore", "datastore-12"},
                     "2f0d8f0e-6d0c-4a57-9a4e-1c1d7c6a1f00",
                     "made <here>",
                     {{"guestinfo.pcg.machine", "dp_1/2f0d"}}};
    xml::Element disk{"anything", "VirtualDisk", {}, "", {{"key", "", {}, "2000", {}}}};
    ReconfigureOrder change{4, 8192, {disk}, {{"guestinfo.metadata", "e30="}}};
    PropertyQuery query{
        {{"VirtualMachine", {"name", "parent"}}}, {"ContainerView", "view-1"}, true};

    EXPECT_EQ(requests::cloneVm(clone), golden("clone.xml"));
    EXPECT_EQ(requests::reconfigureVm(kMachine, change), golden("reconfigure.xml"));
    EXPECT_EQ(requests::retrieveProperties(kCollector, query, 500), golden("retrieve.xml"));
    EXPECT_EQ(requests::waitForUpdates(kCollector, "3", std::chrono::seconds(20)),
              golden("wait.xml"));
}

TEST(VSphereRequests, EscapeWhatPeopleTyped) {
    const Ref manager{"SessionManager", "SessionManager"};
    const auto login = requests::login(manager, "a&b", Secret::fromText("<p\"w>"));

    EXPECT_NE(login.revealText().find("<userName>a&amp;b</userName>"), std::string_view::npos);
    EXPECT_NE(login.revealText().find("<password>&lt;p&quot;w&gt;</password>"),
              std::string_view::npos);
    EXPECT_NE(requests::findByInventoryPath({"SearchIndex", "SearchIndex"}, "a/</x>")
                  .find("<inventoryPath>a/&lt;/x&gt;</inventoryPath>"),
              std::string::npos);
}

TEST(VSphereRequests, AreWellFormed) {
    const Ref index{"SearchIndex", "SearchIndex"};
    for (const auto& text : {requests::retrieveServiceContent(),
                             requests::createContainerView(index, index, {"Folder"}),
                             requests::destroyView(index),
                             requests::continueRetrieve(kCollector, "t&"),
                             requests::createPropertyCollector(kCollector),
                             requests::destroyPropertyCollector(kCollector),
                             requests::createFilter(kCollector, {}),
                             requests::findByInstanceUuid(index, "u"),
                             requests::findChild(index, index, "n"),
                             requests::powerOnVm(kMachine),
                             requests::powerOffVm(kMachine),
                             requests::destroy(kMachine),
                             requests::logout(index)}) {
        EXPECT_TRUE(xml::parse(asBytes(text)).has_value()) << text;
    }
}

}  // namespace
}  // namespace pcg::controlplane::vsphere
