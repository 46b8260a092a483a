// SPDX-License-Identifier: Apache-2.0
#include "appliance/importer/descriptor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "appliance/importer/disk_head.h"
#include "appliance/importer/errc.h"
#include "appliance/importer/manifest.h"

namespace pcg::appliance {
namespace {

std::string descriptor(std::string_view from = "", std::string_view to = "") {
    std::string text = R"(<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1"
 xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1" xmlns:rasd="urn:rasd" xmlns:vmw="urn:vmw">
<References><File ovf:href="d.vmdk" ovf:id="f" ovf:size="100"/></References>
<DiskSection><Disk ovf:capacity="8" ovf:capacityAllocationUnits="byte * 2^30" ovf:fileRef="f"/></DiskSection>
<VirtualSystem><VirtualHardwareSection>
<Item><rasd:ResourceType>3</rasd:ResourceType><rasd:VirtualQuantity>2</rasd:VirtualQuantity></Item>
<Item><rasd:AllocationUnits>byte * 2^20</rasd:AllocationUnits><rasd:ResourceType>4</rasd:ResourceType><rasd:VirtualQuantity>1024</rasd:VirtualQuantity></Item>
<vmw:Config vmw:key="firmware" vmw:value="efi"/>
</VirtualHardwareSection>
<ProductSection ovf:class="other"><Property ovf:key="x"/></ProductSection>
<ProductSection ovf:class="pcgw"><Product>P</Product><Version>1</Version><Property ovf:key="url"/></ProductSection>
</VirtualSystem></Envelope>)";
    const auto at = from.empty() ? std::string::npos : text.find(from);
    if (at != std::string::npos) text.replace(at, from.size(), to);
    return text;
}

TEST(Descriptor, SaysWhatTheMachineIsMadeOf) {
    const auto text = descriptor();
    const auto read = parseDescriptor(asBytes(text));

    ASSERT_TRUE(read) << read.error().message();
    EXPECT_EQ(read->diskFile, "d.vmdk");
    EXPECT_EQ(read->diskCapacity, ByteCount{8} << 30);
    EXPECT_EQ(read->cpus, 2U);
    EXPECT_EQ(read->memoryMib, 1024U);
    EXPECT_TRUE(read->efi);
    EXPECT_THAT(read->properties, testing::ElementsAre("url"));
}

TEST(Descriptor, ImpossibleMachinesAreRefused) {
    const std::vector<std::pair<std::string, std::string>> changes{
        {"byte * 2^30", "byte * 2^99"},
        {"byte * 2^30", "lightyear"},
        {"capacity=\"8\"", "capacity=\"18446744073709551615\""},
        {"capacity=\"8\"", "capacity=\"0\""},
        {"fileRef=\"f\"", "fileRef=\"g\""},
        {"ovf:size=\"100\"", "ovf:size=\"-1\""},
        {"ovf:id=\"f\"", "ovf:id=\"f\" ovf:compression=\"gzip\""},
        {"</References>", "<File ovf:href=\"e\"/></References>"},
        {">1024<", ">1<"},
        {">1024<", ">99999999999999999999<"},
        {">2<", ">1000<"},
        {"ovf:class=\"pcgw\"", "ovf:class=\"else\""},
    };
    for (const auto& [from, to] : changes) {
        const auto text = descriptor(from, to);
        ASSERT_NE(text, descriptor()) << from;
        const auto read = parseDescriptor(asBytes(text));
        ASSERT_FALSE(read) << from << " -> " << to;
        EXPECT_TRUE(read.error().is(errc::kDescriptor));
    }
}

std::string disk(std::string_view text, std::uint64_t sectors = 2048, std::uint64_t size = 4) {
    std::string head(512 * 6, '\0');
    const auto put = [&head](std::size_t at, std::uint64_t value) {
        for (std::size_t i = 0; i < 8; ++i)
            head[at + i] = static_cast<char>(value >> (8 * i) & 0xff);
    };
    head.replace(0, 4, "KDMV");
    put(12, sectors);
    put(28, 1);
    put(36, size);
    head.replace(512, text.size(), text);
    return head;
}

TEST(DiskHead, TakesASelfContainedDiskOnly) {
    const std::string good =
        "# Disk DescriptorFile\nCID=1\nparentCID=ffffffff\ncreateType=\"streamOptimized\"\n"
        "RW 2048 SPARSE \"d.vmdk\"\n";
    const auto capacity = parseDiskHead(asBytes(disk(good)));
    ASSERT_TRUE(capacity) << capacity.error().message();
    EXPECT_EQ(*capacity, 2048U * 512U);

    const auto replaced = [&good](std::string_view from, std::string_view to) {
        auto text = good;
        return disk(text.replace(text.find(from), from.size(), to));
    };
    for (const auto& wrong : {replaced("ffffffff", "00000001"),
                              replaced("CID=1", "parentFileNameHint=\"/etc/shadow\""),
                              replaced("streamOptimized", "monolithicFlat"),
                              replaced("SPARSE", "FLAT"),
                              replaced("RW 2048", "RW 1 FLAT \"/etc/shadow\" 0\nRW 2048"),
                              disk(good, 0),
                              disk(good, ~std::uint64_t{0}),
                              disk(good, 2048, ~std::uint64_t{0}),
                              disk(good, 2048, 100),
                              std::string("KDMV"),
                              std::string()}) {
        const auto read = parseDiskHead(asBytes(wrong));
        ASSERT_FALSE(read);
        EXPECT_TRUE(read.error().is(errc::kDisk));
    }
}

}  // namespace
}  // namespace pcg::appliance
