// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "appliance/importer/convert.h"
#include "appliance/importer/domain_xml.h"
#include "appliance/importer/errc.h"
#include "appliance/importer/given_properties.h"
#include "appliance/importer/options.h"

namespace pcg::appliance {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(DomainXml, KeepsThePropertiesOffTheCommandLineAndTheScreenBehindASocket) {
    NewMachine machine;
    machine.name = "dc1";
    machine.diskFile = "/images/dc1.qcow2";
    machine.environmentFile = "/images/dc1.xml";
    const auto xml = domainXml(machine);

    EXPECT_THAT(xml,
                HasSubstr("<sysinfo type=\"fwcfg\"><entry name=\"opt/org.pcg/ovfenv\" "
                          "file=\"/images/dc1.xml\"/></sysinfo>"));
    EXPECT_THAT(xml, HasSubstr("<graphics type=\"vnc\"><listen type=\"socket\"/>"));
    EXPECT_THAT(xml, HasSubstr("<os firmware=\"efi\">"));
    EXPECT_THAT(xml, HasSubstr("<domain type=\"kvm\">"));
}

TEST(DomainXml, APathCannotBecomeAnotherElement) {
    NewMachine machine;
    machine.diskFile = "/a\"/><filesystem/><x y=\"";
    machine.network = NetworkKind::Bridge;
    machine.networkName = "br0\"/><hostdev/>";
    const auto xml = domainXml(machine);

    EXPECT_THAT(xml, Not(HasSubstr("<filesystem")));
    EXPECT_THAT(xml, Not(HasSubstr("<hostdev")));
}

TEST(EnvironmentXml, IsReadByTheMachineAsItWasGiven) {
    const Properties given{{"ca", "-----BEGIN\nA+/=\r\n\t-----END"},
                           {"proxy_password", "<&>\"' \xc3\xa4"},
                           {"url", "https://pair.example.com"}};

    const auto read = parseOvfEnvironment(asBytes(environmentXml(given)));

    ASSERT_TRUE(read) << read.error().message();
    EXPECT_EQ(*read, given);
}

TEST(GivenProperties, LinesAreReadWithCommentsAndTheClassForgiven) {
    Properties read;
    ASSERT_TRUE(
        addPropertyLines("# a comment\n\npcgw.hostname = dc1\r\ndns=1.2.3.4\nntp=\n", read));

    EXPECT_EQ(read, (Properties{{"hostname", "dc1"}, {"dns", "1.2.3.4"}}));
    EXPECT_FALSE(addPropertyLines("no equals sign", read));
    EXPECT_FALSE(addPropertyLines("dns=5.6.7.8", read)) << "twice";
    EXPECT_FALSE(addProperty("x", "a", std::string(kMaxPropertyOctets + 1, 'x'), read));
}

TEST(GivenProperties, BlanksAroundAValueCountForNothingHoweverItIsGiven) {
    Properties read;
    ASSERT_TRUE(addProperty("--property", "hostname", " dc1 ", read));
    ASSERT_TRUE(addProperty("--property-file", "dns", "1.2.3.4 \r\n", read));
    for (const auto* nothing : {"", " ", "\"\"", " null "})
        ASSERT_TRUE(addProperty("--property", "ntp", nothing, read));

    EXPECT_EQ(read, (Properties{{"hostname", "dc1"}, {"dns", "1.2.3.4"}}));
}

TEST(DiskAddress, NamesThePartOfTheArchiveAndNoOtherFile) {
    const auto address = diskAddress({9, 4096, 1000});

    EXPECT_THAT(address, HasSubstr("\"offset\":4096,\"size\":1000"));
    EXPECT_THAT(address, HasSubstr("\"backing\":null"));
}

TEST(Progress, IsReadFromQemuImgsWords) {
    EXPECT_EQ(parseProgress("    (12.34/100%)"), 12);
    EXPECT_EQ(parseProgress("(100.00/100%)"), 100);
    EXPECT_EQ(parseProgress("qemu-img: no"), -1);
    EXPECT_EQ(parseProgress("(x/100%)"), -1);
    EXPECT_EQ(parseProgress(""), -1);
}

TEST(ImportOptions, EachOptionOfTheHelpIsTaken) {
    const auto options = parseImportOptions({"a.ova",
                                             "--name",
                                             "dc1",
                                             "--property",
                                             "a=b=c",
                                             "--property-file",
                                             "ca=/f",
                                             "--cpus",
                                             "4",
                                             "--memory",
                                             "2048",
                                             "--bridge",
                                             "br0",
                                             "--firmware",
                                             "bios",
                                             "--no-start",
                                             "--force"});

    ASSERT_TRUE(options) << options.error().message();
    EXPECT_EQ(options->properties.front(), std::pair(std::string("a"), std::string("b=c")));
    EXPECT_EQ(options->machine.networkName, "br0");
    EXPECT_EQ(options->cpus, 4U);
    EXPECT_FALSE(options->start);
}

TEST(ImportOptions, WhatIsWrongIsNamed) {
    for (const auto& words :
         std::vector<std::vector<std::string>>{{},
                                               {"a", "b"},
                                               {"a", "--nonsense"},
                                               {"a", "--cpus", "0"},
                                               {"a", "--name", "../x"},
                                               {"a", "--property", "hostname"},
                                               {"a", "--property", "proxy_password=x"},
                                               {"a", "--firmware", "openfirmware"},
                                               {"a", "--signer-sha256", "abc"},
                                               {"a", "--serial-log", "relative"}}) {
        const auto options = parseImportOptions(words);
        ASSERT_FALSE(options);
        EXPECT_TRUE(options.error().is(errc::kUsage));
    }
}

}  // namespace
}  // namespace pcg::appliance
