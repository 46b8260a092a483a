// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/policy/argument_collector.h"

#include <gtest/gtest.h>

namespace pcg::policy {
namespace {

// Elements by hand: what an XML parser would say.
class Call {
  public:
    Call& in(std::string_view element, std::string_view type = {}, std::string_view xsi = {}) {
        collector_.start(element, type, xsi);
        return *this;
    }

    Call& out() {
        collector_.end();
        return *this;
    }

    Call& leaf(std::string_view element, std::string_view text, std::string_view type = {}) {
        in(element, type);
        // In two pieces, as parsers do.
        collector_.text(text.substr(0, text.size() / 2));
        collector_.text(text.substr(text.size() / 2));
        return out();
    }

    Call& mark() {
        collector_.mark();
        return *this;
    }

    Call& text(std::string_view text) {
        collector_.text(text);
        return *this;
    }

    const Arguments& seen() const { return collector_.arguments(); }

  private:
    ArgumentCollector collector_;
};

TEST(Arguments, OfACloneAreItsPlaceItsNameAndItsUserDataByDigest) {
    Call call;
    call.leaf("folder", "group-v3", "Folder").leaf("name", "web-3");
    call.in("spec").in("location").leaf("datastore", "datastore-12", "Datastore");
    call.leaf("pool", "resgroup-8", "ResourcePool").out();
    call.in("config").in("extraConfig").leaf("key", "GuestInfo.UserData");
    call.leaf("value", "secret user data").out();
    call.in("extraConfig")
        .leaf("key", "guestinfo.password")
        .leaf("value", "hunter2")
        .out()
        .out()
        .out();
    const auto& seen = call.seen();
    EXPECT_FALSE(seen.overfull);
    EXPECT_EQ(seen.names, std::vector<std::string>{"web-3"});
    ASSERT_EQ(seen.references.size(), 3U);
    EXPECT_TRUE(mayBe(seen.references[0], Kind::Folder));
    EXPECT_TRUE(mayBe(seen.references[1], Kind::Datastore));
    ASSERT_EQ(seen.extra_config.size(), 2U);
    EXPECT_EQ(seen.extra_config[0].key, "guestinfo.userdata");
    EXPECT_EQ(seen.extra_config[0].size, 16U);
    EXPECT_EQ(seen.extra_config[0].sha256.size(), 64U);
    // A digest of a short secret would give it away.
    EXPECT_EQ(seen.extra_config[1].sha256, "");
    const auto text = seen.toText();
    EXPECT_EQ(text.find("hunter2"), std::string::npos);
    EXPECT_EQ(text.find("secret user data"), std::string::npos);
    EXPECT_TRUE(
        text.starts_with("name=web-3 folder=group-v3 datastore=datastore-12 pool=resgroup-8"))
        << text;
}

TEST(Arguments, DatastoresAndNetworksAreFoundUnderTheirNames) {
    Call call;
    call.in("spec").in("deviceChange").in("device");
    call.in("backing", {}, "VirtualDiskFlatVer2BackingInfo")
        .leaf("fileName", "[fast 1] web/web.vmdk")
        .out();
    call.in("backing", {}, "VirtualEthernetCardNetworkBackingInfo")
        .leaf("deviceName", "VM Network")
        .out();
    call.in("backing", {}, "VirtualUSBRemoteHostBackingInfo").leaf("deviceName", "usb").out();
    call.in("port").leaf("portgroupKey", "dvportgroup-21").out();
    call.out().out().out();
    EXPECT_EQ(call.seen().datastores, std::vector<std::string>{"fast 1"});
    EXPECT_EQ(call.seen().networks, (std::vector<std::string>{"VM Network", "dvportgroup-21"}));
}

// A card of a distributed switch, by what its port names.
Call card(std::string_view group, std::string_view port) {
    Call call;
    call.in("spec").in("deviceChange").in("device");
    call.in("backing", {}, "vim25:VirtualEthernetCardDistributedVirtualPortBackingInfo").in("port");
    call.leaf("switchUuid", "50 1e");
    if (!port.empty()) call.leaf("portKey", port);
    if (!group.empty()) call.leaf("portgroupKey", group);
    call.out().out().out().out().out();
    return call;
}

TEST(Arguments, APortOfADistributedSwitchIsItsGroupOrANetworkOfItsOwn) {
    using Words = std::vector<std::string>;
    EXPECT_EQ(card("dvportgroup-21", "").seen().networks, Words{"dvportgroup-21"});
    EXPECT_EQ(card("", "137").seen().networks, Words{"port 137"});
    // What a client read and sends back.
    EXPECT_EQ(card("dvportgroup-21", "137").seen().networks, Words{"dvportgroup-21"});
    EXPECT_FALSE(card("dvportgroup-21", "").seen().overfull);
    EXPECT_FALSE(card("", "137").seen().overfull);
    EXPECT_FALSE(card("dvportgroup-21", "137").seen().overfull);

    Call two;
    two.in("spec").in("port").leaf("portKey", "1").leaf("portgroupKey", "a").leaf("portKey", "2");
    two.out().out();
    EXPECT_EQ(two.seen().networks, (Words{"a", "port 2"}));
    Call apart;
    apart.in("spec").in("port").leaf("portKey", "1").out();
    apart.in("port").leaf("portgroupKey", "a").out().out();
    EXPECT_EQ(apart.seen().networks, (Words{"port 1", "a"}));
    Call nested;
    nested.in("spec").in("port").leaf("portKey", "1").in("x").leaf("portgroupKey", "a").out();
    nested.out().out();
    EXPECT_EQ(nested.seen().networks, (Words{"a", "port 1"}));
    Call moved;
    moved.leaf("portKey", "7").leaf("portKey", "8").leaf("destinationPortgroupKey", "b");
    EXPECT_EQ(moved.seen().networks, (Words{"port 7", "port 8", "b"}));
}

TEST(Arguments, ACardThatSaysNothingOfItsNetworkIsOverfull) {
    EXPECT_TRUE(card("", "").seen().overfull);
    Call unknown;
    unknown.in("backing", {}, "VirtualEthernetCardSomeNewBackingInfo")
        .leaf("x", "VM Network")
        .out();
    EXPECT_TRUE(unknown.seen().overfull);
    Call named;
    named.in("backing", {}, "VirtualEthernetCardNetworkBackingInfo")
        .leaf("network", "network-7", "Network")
        .out();
    EXPECT_FALSE(named.seen().overfull);
    Call inner;
    inner.in("backing", {}, "VirtualEthernetCardNetworkBackingInfo")
        .in("backing", {}, "VirtualDiskFlatVer2BackingInfo")
        .out()
        .leaf("deviceName", "Management")
        .out();
    EXPECT_EQ(inner.seen().networks, std::vector<std::string>{"Management"});
}

TEST(Arguments, AnotherVcenterIsSeenByItsPlaceAndByItsType) {
    Call place;
    place.in("spec")
        .in("location")
        .in("service")
        .leaf("url", "https://other/sdk")
        .out()
        .out()
        .out();
    EXPECT_TRUE(place.seen().elsewhere);
    EXPECT_NE(place.seen().toText().find("another vCenter"), std::string::npos);
    Call type;
    type.in("spec").in("x", {}, "vim25:ServiceLocator").out().out();
    EXPECT_TRUE(type.seen().elsewhere);
    Call plain;
    plain.in("spec").in("location").leaf("datastore", "datastore-12", "Datastore").out().out();
    EXPECT_FALSE(plain.seen().elsewhere);
}

TEST(Arguments, AnImportNamesEachMachineAndEachAppThatItMakes) {
    using Words = std::vector<std::string>;
    Call plain;
    plain.in("spec", {}, "VirtualMachineImportSpec").in("configSpec").leaf("name", "web-1");
    plain.in("extraConfig").leaf("key", "guestinfo.userdata").leaf("value", "x").out();
    plain.out().out();
    EXPECT_EQ(plain.seen().names, Words{"web-1"});
    EXPECT_EQ(plain.seen().extra_config.size(), 1U);

    Call app;
    app.in("spec", {}, "VirtualAppImportSpec").leaf("name", "web-1");
    app.in("child", {}, "VirtualMachineImportSpec").in("configSpec").leaf("name", "db-prod");
    app.out().out();
    app.in("child", {}, "VirtualAppImportSpec").leaf("name", "inner");
    app.in("child", {}, "VirtualMachineImportSpec").in("configSpec").leaf("name", "deep");
    app.out().out().out().out();
    EXPECT_EQ(app.seen().names, (Words{"web-1", "db-prod", "inner", "deep"}));
}

TEST(Arguments, AnObjectIsWhatItsIdItsTypeOrItsPlaceSays) {
    EXPECT_TRUE(mayBe({"x", "Datastore", "group-v3"}, Kind::Folder));
    EXPECT_TRUE(mayBe({"x", "Datastore", "group-v3"}, Kind::Datastore));
    EXPECT_TRUE(mayBe({"folder", "", "abc"}, Kind::Folder));
    EXPECT_TRUE(mayBe({"x", "", "group-p7"}, Kind::Datastore));
    EXPECT_FALSE(mayBe({"x", "", "group-p7"}, Kind::Folder));
    EXPECT_FALSE(mayBe({"x", "", ""}, Kind::Machine));
}

TEST(Arguments, AnObjectWithoutATypeIsFoundByItsId) {
    Call call;
    call.in("spec")
        .leaf("somewhere", "group-v9")
        .leaf("text", "group-therapy")
        .leaf("x", "vm-")
        .out();
    ASSERT_EQ(call.seen().references.size(), 1U);
    EXPECT_TRUE(mayBe(call.seen().references[0], Kind::Folder));
}

TEST(Arguments, WhatCouldBeReadInTwoWaysIsOverfull) {
    Call comment;
    comment.in("folder", "Folder").text("group-").mark().text("v3").out();
    EXPECT_TRUE(comment.seen().overfull);

    Call nested;
    nested.in("folder", "Folder").text("group-v3").in("x").out().out();
    EXPECT_TRUE(nested.seen().overfull);

    Call harmless;
    harmless.in("spec").mark().leaf("name", "a").out();
    EXPECT_FALSE(harmless.seen().overfull);
}

TEST(Arguments, MoreThanIsKeptIsOverfull) {
    Call many;
    for (std::size_t i = 0; i <= Arguments::kMostItems; ++i)
        many.leaf("vm", "vm-" + std::to_string(i));
    EXPECT_TRUE(many.seen().overfull);
    EXPECT_EQ(many.seen().references.size(), Arguments::kMostItems);

    Call same;
    for (std::size_t i = 0; i <= Arguments::kMostItems; ++i) same.leaf("vm", "vm-1");
    EXPECT_FALSE(same.seen().overfull);

    Call lengthy;
    lengthy.leaf("folder", std::string(5000, 'x'));
    EXPECT_TRUE(lengthy.seen().overfull);

    Call annotation;
    annotation.in("spec").leaf("annotation", std::string(50'000, 'x')).out();
    EXPECT_FALSE(annotation.seen().overfull);
}

TEST(Arguments, ADatastoreThatIsNotToldIsOverfull) {
    for (const auto* text : {"[] /vmfs/volumes/5c1f/x/x.vmx", "[ ] x.vmx", "[\t]x"}) {
        Call call;
        call.leaf("path", text);
        EXPECT_TRUE(call.seen().overfull) << text;
        EXPECT_TRUE(call.seen().datastores.empty()) << text;
    }
    for (const std::size_t blanks : {10U, 1023U, 1024U, 1025U, 5000U}) {
        Call call;
        call.in("spec").leaf("fileName", std::string(blanks, ' ') + "[secret] a.vmdk").out();
        EXPECT_EQ(call.seen().datastores, std::vector<std::string>{"secret"}) << blanks;
        EXPECT_FALSE(call.seen().overfull) << blanks;
    }
    Call name;
    name.leaf("name", std::string(5000, ' ') + "[secret] a");
    EXPECT_TRUE(name.seen().overfull || !name.seen().datastores.empty());
    Call blank;
    blank.in("spec").leaf("annotation", std::string(5000, '\n')).out();
    EXPECT_FALSE(blank.seen().overfull);
    Call id;
    id.in("spec").leaf("x", std::string(2000, ' ') + "group-v9").out();
    ASSERT_EQ(id.seen().references.size(), 1U);
}

TEST(Arguments, ADatastoreIsFoundInEveryFormThatAVcenterTakes) {
    Call directory;
    directory.leaf("name", "[fast 1] web").leaf("datacenter", "datacenter-2", "Datacenter");
    EXPECT_EQ(directory.seen().datastores, std::vector<std::string>{"fast 1"});
    ASSERT_EQ(directory.seen().references.size(), 1U);
    EXPECT_TRUE(mayBe(directory.seen().references[0], Kind::Datacenter));

    Call urls;
    urls.leaf("sourceName", "https://vc/folder/a.vmdk?dcPath=Europe%2fDC0&dsName=fast+1");
    urls.leaf("destName", "HTTP://vc/folder/b.vmdk?DSNAME=slow&dsName=other");
    EXPECT_EQ(urls.seen().datastores, (std::vector<std::string>{"fast 1", "slow", "other"}));
    EXPECT_EQ(urls.seen().datacenters, std::vector<std::string>{"Europe/DC0"});
    EXPECT_NE(urls.seen().toText().find("datacenter=Europe/DC0"), std::string::npos);

    Call volumes;
    volumes.leaf("datastorePath", "ds:///vmfs/volumes/5c1f/x");
    volumes.leaf("path", "/vmfs/volumes/5c1f/x");
    EXPECT_EQ(volumes.seen().datastores.size(), 2U);

    Call harmless;
    harmless.in("spec").leaf("annotation", "https://wiki.example/page?id=7").out();
    EXPECT_TRUE(harmless.seen().datastores.empty());
    EXPECT_FALSE(harmless.seen().overfull);
    Call lengthy;
    lengthy.leaf("sourceName", "https://vc/folder/" + std::string(2000, 'x') + "?dsName=slow");
    EXPECT_TRUE(lengthy.seen().overfull);
}

}  // namespace
}  // namespace pcg::policy
