// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "appliance/properties/ovf_environment.h"
#include "appliance/properties/sources.h"

namespace pcg::appliance {
namespace {

std::string environment(const std::string& properties, const std::string& head = {}) {
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + head +
           "<Environment xmlns=\"http://schemas.dmtf.org/ovf/environment/1\" "
           "xmlns:oe=\"http://schemas.dmtf.org/ovf/environment/1\" "
           "xmlns:ve=\"http://www.vmware.com/schema/ovfenv\" oe:id=\"vm\" ve:vCenterId=\"vm-1\">"
           "<PlatformSection><Kind>VMware ESXi</Kind></PlatformSection>"
           "<PropertySection>" +
           properties + "</PropertySection></Environment>";
}

std::string property(const std::string& key, const std::string& value) {
    return "<Property oe:key=\"" + key + "\" oe:value=\"" + value + "\"/>";
}

Properties parsed(const std::string& text) {
    auto properties = parseOvfEnvironment(asBytes(text));
    EXPECT_TRUE(properties.has_value()) << (properties ? "" : properties.error().message());
    return properties ? std::move(*properties) : Properties{};
}

Bytes oemStrings(const std::string& strings) {
    const std::string text = std::string("\x0b\x05\x11\x00\x01", 5) + strings;
    return {text.begin(), text.end()};
}

TEST(OvfEnvironment, ReadsOurPropertiesAndPassesOverOthers) {
    const auto properties =
        parsed(environment(property("pcgw.hostname", " gw1 ") + property("vami.ip0.x", "10.0.0.1") +
                           property("pcgw.url", "https://p&amp;q")));

    EXPECT_EQ(properties, (Properties{{"hostname", "gw1"}, {"url", "https://p&q"}}));
}

TEST(OvfEnvironment, ReadsWhatIsWrittenWithoutPrefixesOrWithOthers) {
    const auto properties = parsed(
        "<e:Environment xmlns:e=\"http://schemas.dmtf.org/ovf/environment/1\"><e:PropertySection>"
        "<e:Property e:key=\"pcgw.a\" e:value=\"1\"/><e:Property key=\"pcgw.b\" value=\"2\"/>"
        "</e:PropertySection></e:Environment>");

    EXPECT_EQ(properties, (Properties{{"a", "1"}, {"b", "2"}}));
}

TEST(OvfEnvironment, WhatWasLeftEmptyWasNotGivenHoweverTheImportToolSaysSo) {
    for (const auto* value : {"", " ", "&quot;&quot;", "''", "null", " null "}) {
        EXPECT_TRUE(parsed(environment(property("pcgw.hostname", value))).empty()) << value;
    }
}

TEST(OvfEnvironment, IgnoresPropertiesOfOtherMachinesOfTheVapp) {
    const auto text = environment("");
    const auto at = text.rfind("</Environment>");
    const auto properties =
        parsed(text.substr(0, at) + "<Entity oe:id=\"b\"><PropertySection>" +
               property("pcgw.hostname", "other") + "</PropertySection></Entity></Environment>");

    EXPECT_TRUE(properties.empty());
}

TEST(OvfEnvironment, RefusesEntitiesAndWhatIsNotTheDocumentItClaimsToBe) {
    for (const auto& text :
         {environment(property("pcgw.a", "&x;"), "<!DOCTYPE a [<!ENTITY x \"y\">]>"),
          environment(property("pcgw.a", "1") + property("pcgw.a", "2")),
          environment("<Property oe:key=\"pcgw.a\" key=\"pcgw.b\" oe:value=\"1\"/>"),
          std::string("<Other/>"),
          std::string("not XML"),
          std::string()}) {
        const auto properties = parseOvfEnvironment(asBytes(text));
        ASSERT_FALSE(properties.has_value()) << text;
        EXPECT_TRUE(properties.error().is(kBadEnvironment)) << properties.error().message();
    }
}

TEST(OvfEnvironment, RefusesValuesOfAMegabyteAndSaysTheLimit) {
    for (const std::size_t size : {kMaxPropertyOctets + 1, std::size_t{1} << 20}) {
        const auto properties =
            parseOvfEnvironment(asBytes(environment(property("pcgw.ca", std::string(size, 'A')))));
        ASSERT_FALSE(properties.has_value());
        EXPECT_TRUE(properties.error().is(kEnvironmentTooLarge));
    }
}

TEST(OemStrings, ReadsOurStringsAndPassesOverOthers) {
    const auto properties = parseOemStrings(
        oemStrings(std::string("vendor\0pcgw.hostname=gw9\0pcgw.url=https://a=b\0\0", 47)));

    ASSERT_TRUE(properties.has_value());
    EXPECT_EQ(*properties, (Properties{{"hostname", "gw9"}, {"url", "https://a=b"}}));
}

TEST(OemStrings, ReadsEachOfSeveralStructures) {
    auto both = oemStrings(std::string("vendor\0other=1\0\0", 16));
    for (const auto& more : {oemStrings(std::string("\0\0", 2)),  // without strings
                             oemStrings(std::string("pcgw.hostname=gw9\0\0", 19)),
                             oemStrings(std::string("pcgw.url=https://a", 18))})
        both.insert(both.end(), more.begin(), more.end());

    const auto properties = parseOemStrings(both);

    ASSERT_TRUE(properties.has_value());
    EXPECT_EQ(*properties, (Properties{{"hostname", "gw9"}, {"url", "https://a"}}));
    both.insert(both.end(), {0, 0, 3});
    EXPECT_FALSE(parseOemStrings(both).has_value()) << "what follows is no structure";
}

TEST(OemStrings, RefusesADamagedStructure) {
    for (const auto& bytes : {Bytes{}, Bytes{11, 5}, Bytes{11, 200, 0, 0, 1}, Bytes{1, 5, 0, 0, 1}})
        EXPECT_FALSE(parseOemStrings(bytes).has_value());
}

SourceText source(const std::string& name, const std::string& text) {
    return {name, Bytes(text.begin(), text.end())};
}

TEST(Sources, TheFirstPlaceThatHasAnythingCounts) {
    const auto choice =
        chooseSource({source("guestinfo", environment("")),
                      source("ISO", environment(property("pcgw.hostname", "iso"))),
                      source("fw_cfg", environment(property("pcgw.hostname", "fw")))});

    EXPECT_EQ(choice.source, "ISO");
    EXPECT_EQ(choice.properties.at("hostname"), "iso");
    EXPECT_TRUE(choice.problems.empty());
}

TEST(Sources, APlaceThatCannotBeReadIsNamedAndPassedOver) {
    const auto choice =
        chooseSource({source("guestinfo", "<broken"),
                      source("fw_cfg", environment(property("pcgw.hostname", "fw")))});

    EXPECT_EQ(choice.source, "fw_cfg");
    ASSERT_EQ(choice.problems.size(), 1U);
    EXPECT_EQ(choice.problems[0].subject, "guestinfo");
    EXPECT_EQ(choice.problems[0].code, "appliance.environment");
}

}  // namespace
}  // namespace pcg::appliance
