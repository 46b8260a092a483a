// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/vsphere/placement.h"

#include "common/codec/base64.h"
#include "controlplane-sim/deploy/errc.h"

#include <gtest/gtest.h>

namespace pcg::controlplane::vsphere {
namespace {

constexpr std::string_view kDevices = R"(<val xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <VirtualDevice xsi:type="VirtualDisk"><key>2000</key><backing/><capacityInKB>10485760</capacityInKB>
    <capacityInBytes>10737418240</capacityInBytes></VirtualDevice>
  <VirtualDevice xsi:type="VirtualVmxnet3"><key>4000</key>
    <backing xsi:type="VirtualEthernetCardNetworkBackingInfo"><deviceName>old</deviceName></backing>
    <macAddress>00:50:56:00:00:01</macAddress></VirtualDevice></val>)";

xml::Element devices() { return *xml::parse(asBytes(kDevices)); }

TEST(VSpherePlacement, IsReadBackAsItWasKept) {
    Placement placement{{"VirtualMachine", "vm-1"},
                        {"Folder", "group-v3"},
                        {"ResourcePool", "resgroup-8"},
                        Ref{"Datastore", "datastore-1"},
                        distributedBacking("50 2e", "dvportgroup-9")};

    const auto again = parsePlacement(toText(placement));

    ASSERT_TRUE(again.has_value()) << again.error().message();
    EXPECT_EQ(*again, placement);
}

TEST(VSpherePlacement, TheFirstCardGetsTheNetworkAndTheFirstDiskGrows) {
    Placement placement;
    placement.network = standardBacking("new & better");
    const auto present = devices();

    const auto edited = editedDevices(&present, placement, 40);

    ASSERT_TRUE(edited.has_value()) << edited.error().message();
    ASSERT_EQ(edited->size(), 2U);
    EXPECT_EQ((*edited)[0].textAt("key"), "4000");
    EXPECT_EQ((*edited)[0].textAt("backing/deviceName"), "new & better");
    EXPECT_EQ((*edited)[0].textAt("macAddress"), "00:50:56:00:00:01");
    EXPECT_EQ((*edited)[1].textAt("capacityInKB"), std::to_string(40LL * 1024 * 1024));
    EXPECT_EQ((*edited)[1].textAt("capacityInBytes"), std::to_string(40LL * 1024 * 1024 * 1024));
}

TEST(VSpherePlacement, ADiskDoesNotShrink) {
    const auto present = devices();

    const auto edited = editedDevices(&present, {}, 5);

    ASSERT_FALSE(edited.has_value());
    EXPECT_TRUE(edited.error().is(deploy::kRejected));
    EXPECT_NE(edited.error().message().find("10 GiB"), std::string::npos);
}

TEST(VSpherePlacement, ATemplateWithoutACardCannotGetANetwork) {
    Placement placement;
    placement.network = standardBacking("n");

    EXPECT_FALSE(editedDevices(nullptr, placement, 0).has_value());
}

TEST(VSpherePlacement, CloudInitReadsNameKeysAndUserData) {
    auto body = codec::json::parseObject(
        R"({"name":"k8s","gateway_id":"gw_00000000000000000000000000","endpoint_id":"ep_00000000000000000000000000",
            "control_plane_count":1,"worker_count":0,"template":"t",
            "ssh_keys":["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA me"]})");
    const auto order = deploy::parseOrder(*body);
    ASSERT_TRUE(order.has_value()) << order.error().why;
    const deploy::Identity identity{"", "dp_1", "k8s-cp-1", "uuid-1"};

    const auto entries = guestInfo(identity, order->spec, Secret::fromText("#cloud-config\n"));

    ASSERT_EQ(entries.size(), 4U);
    EXPECT_EQ(entries[0].key, "guestinfo.metadata");
    const auto metadata = codec::base64Decode(entries[0].value);
    ASSERT_TRUE(metadata.has_value());
    EXPECT_EQ(
        asText(*metadata),
        R"({"instance-id":"uuid-1","local-hostname":"k8s-cp-1","public-keys-data":"ssh-ed25519 )"
        R"(AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA me\u000a"})");
    EXPECT_EQ(entries[1].value, "base64");
    EXPECT_EQ(entries[2].value, codec::base64Encode(asBytes("#cloud-config\n")));
}

}  // namespace
}  // namespace pcg::controlplane::vsphere
