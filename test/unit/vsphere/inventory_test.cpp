// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/vsphere/inventory.h"

#include <gtest/gtest.h>

namespace pcg::controlplane::vsphere {
namespace {

Property text(std::string name, std::string value) {
    return {std::move(name), {"val", "string", {}, std::move(value), {}}};
}

Property parent(std::string type, std::string id) {
    return {"parent",
            {"val", "ManagedObjectReference", {{"type", std::move(type)}}, std::move(id), {}}};
}

ObjectContent object(std::string type, std::string id, std::vector<Property> properties) {
    return {{std::move(type), std::move(id)}, std::move(properties)};
}

std::vector<ObjectContent> someObjects() {
    return {
        object("Datacenter", "dc-1", {text("name", "DC0"), parent("Folder", "group-d1")}),
        object("Folder", "group-v3", {text("name", "vm"), parent("Datacenter", "dc-1")}),
        object("VirtualMachine",
               "vm-2",
               {text("name", "b"),
                parent("Folder", "group-v3"),
                text("config.template", "false"),
                text("summary.config.numCpu", "2"),
                text("runtime.powerState", "poweredOn")}),
        object("VirtualMachine",
               "vm-1",
               {text("name", "a"), parent("Folder", "group-v3"), text("config.template", "true")}),
        object("Folder", "loop", {text("name", "loop"), parent("Folder", "loop")})};
}

TEST(VSphereInventory, PathsLeadFromBelowTheRootFolderToTheItem) {
    const auto items = inventoryItems("vms", someObjects());

    ASSERT_EQ(items.size(), 1U);
    EXPECT_EQ(items[0].path, "DC0/vm/b");
    EXPECT_EQ(items[0].parent, "group-v3");
    EXPECT_EQ(codec::json::write(items[0].facts), R"({"cpu":2,"power":"poweredOn"})");
}

TEST(VSphereInventory, TemplatesAreNotMachines) {
    const auto items = inventoryItems("templates", someObjects());

    ASSERT_EQ(items.size(), 1U);
    EXPECT_EQ(items[0].id, "vm-1");
}

TEST(VSphereInventory, AParentThatIsItsOwnChildEnds) {
    const auto items = inventoryItems("folders", someObjects());

    EXPECT_EQ(items.size(), 2U);
}

TEST(VSphereInventory, EveryKindAsksForItsOwnTypeOnce) {
    for (const auto& kind : inventoryKinds()) {
        std::map<std::string, int> types;
        for (const auto& set : inventoryQuery(kind)) ++types[set.type];
        for (const auto& [type, times] : types) EXPECT_EQ(times, 1) << kind << " " << type;
    }
}

}  // namespace
}  // namespace pcg::controlplane::vsphere
