// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/endpoint/lease_filter.h"

#include "test/unit/proxy/soap_fixture.h"
#include "vcenter-proxy/endpoint/transfer_place.h"
#include "vcenter-proxy/errc.h"

#include <gmock/gmock.h>

namespace pcg::proxy {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kDevice =
    "<deviceUrl><key>k</key><importKey>i</importKey><url>https://esxi01:8443/nfc/1/"
    "d-0.vmdk?a=1&amp;b=2"
    "</url><sslThumbprint>AA:BB</sslThumbprint><disk>true</disk></deviceUrl>";

std::string properties(std::string_view object, std::string_view value) {
    return test::envelope(
        "<RetrievePropertiesResponse xmlns=\"urn:vim25\" "
        "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><returnval>" +
        std::string(object) +
        "<propSet><name>info</name><val "
        "xsi:type=\"HttpNfcLeaseInfo\">" +
        std::string(value) +
        "</val></propSet></returnval>"
        "</RetrievePropertiesResponse>");
}

constexpr const char* kLease = "<obj type=\"HttpNfcLease\">session[1]lease-7</obj>";

struct Filtered {
    bool ok = true;
    std::string text;
    std::vector<LeaseDevice> seen;
};

Filtered filtered(std::string_view text, std::size_t piece = 7) {
    Filtered result;
    LeaseFilter filter([&](const LeaseDevice& device) -> std::optional<std::string> {
        result.seen.push_back(device);
        return "https://gw/nfc/TOKEN/d-0.vmdk?x&y";
    });
    Bytes out;
    for (std::size_t at = 0; at < text.size() && result.ok; at += piece) {
        result.ok = filter.feed(asBytes(text.substr(at, piece)), out).has_value();
    }
    result.ok = result.ok && filter.finish(out).has_value();
    result.text = std::string(asText(out));
    return result;
}

TEST(LeaseFilter, ChangesTheUrlAndLeavesOutTheThumbprint) {
    const auto text = properties(kLease, kDevice);
    auto expected = text;
    const auto begin = expected.find("https://esxi01");
    expected.replace(
        begin, expected.find("</url>") - begin, "https://gw/nfc/TOKEN/d-0.vmdk?x&amp;y");
    const std::string thumbprint = "<sslThumbprint>AA:BB</sslThumbprint>";
    expected.erase(expected.find(thumbprint), thumbprint.size());
    for (std::size_t piece = 1; piece < 200; piece += 13) {
        const auto result = filtered(text, piece);
        ASSERT_TRUE(result.ok);
        EXPECT_EQ(result.text, expected) << piece;
        ASSERT_EQ(result.seen.size(), 1U);
        EXPECT_EQ(result.seen[0].lease, "session[1]lease-7");
        EXPECT_EQ(result.seen[0].url, "https://esxi01:8443/nfc/1/d-0.vmdk?a=1&b=2");
        EXPECT_EQ(result.seen[0].thumbprint, "AA:BB");
    }
}

TEST(LeaseFilter, FindsDevicesInUpdatesAndInArrays) {
    const auto update = test::envelope(
        "<WaitForUpdatesExResponse xmlns=\"urn:vim25\"><returnval><filterSet><filter/><objectSet>"
        "<kind>enter</kind><obj "
        "type=\"HttpNfcLease\">l</obj><changeSet><val><deviceUrl><url>https://e/x"
        "</url></deviceUrl></val></changeSet></objectSet></filterSet></returnval>"
        "</WaitForUpdatesExResponse>");
    EXPECT_EQ(filtered(update).seen.size(), 1U);
    const auto array =
        properties(kLease, "<HttpNfcLeaseDeviceUrl><url>https://e/x</url></HttpNfcLeaseDeviceUrl>");
    EXPECT_EQ(filtered(array).seen.size(), 1U);
}

TEST(LeaseFilter, TakesNothingElseForADevice) {
    const std::string evil = std::string("<obj type=\"HttpNfcLease\">x</obj>") + kDevice;
    for (const auto& text :
         {properties("<obj type=\"VirtualMachine\">vm-1</obj>", kDevice),
          properties("<obj type=\"VirtualMachine\">vm-1</obj>", evil),
          properties("<obj type=\"VirtualMachine\">vm-1</obj>",
                     "<objects>" + evil + "</objects><objectSet>" + evil + "</objectSet>"),
          properties(kLease, "<url>https://e/x</url>")}) {
        const auto result = filtered(text);
        EXPECT_TRUE(result.ok);
        EXPECT_EQ(result.text, text);
        EXPECT_TRUE(result.seen.empty()) << text;
    }
}

TEST(LeaseFilter, PassesMegabytesWithoutHoldingThem) {
    const auto text = properties(kLease, std::string(3'000'000, 'a') + kDevice);
    LeaseFilter filter([](const LeaseDevice&) { return std::nullopt; });
    Bytes out;
    std::size_t most_waiting = 0;
    for (std::size_t at = 0; at < text.size(); at += 64 * 1024) {
        const auto piece = std::string_view(text).substr(at, 64 * 1024);
        ASSERT_TRUE(filter.feed(asBytes(piece), out));
        most_waiting = std::max(most_waiting, at + piece.size() - out.size());
    }
    ASSERT_TRUE(filter.finish(out));
    EXPECT_EQ(asText(out), text);
    EXPECT_LE(most_waiting, 64U * 1024U);
}

TEST(LeaseFilter, EndsVisiblyWhatIsNotOneXml) {
    for (const auto& text :
         {std::string("no"),
          properties(kLease, "<deviceUrl>"),
          "<!DOCTYPE x>" + properties(kLease, ""),
          properties(kLease, "<deviceUrl><url>https://a</url><url>https://b</url></deviceUrl>"),
          properties(kLease, "<deviceUrl>" + std::string(200'000, 'a'))}) {
        EXPECT_FALSE(filtered(text, 1000).ok) << text.substr(0, 300);
    }
}

TEST(LeaseFilter, ReadsTheLeaseThatAnImportGives) {
    EXPECT_EQ(
        leaseInAnswer(asBytes(test::envelope(
            "<ImportVAppResponse xmlns=\"urn:vim25\"><returnval type=\"HttpNfcLease\">session[1]l"
            "</returnval></ImportVAppResponse>"))),
        "session[1]l");
    EXPECT_FALSE(leaseInAnswer(asBytes(
        test::envelope("<X xmlns=\"urn:vim25\"><returnval type=\"Task\">task-1</returnval></X>"))));
    EXPECT_FALSE(leaseInAnswer(asBytes("<x")));
}

TEST(TransferPlace, NamesTheHostThatTheLeasePins) {
    const std::string thumbprint = "00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff:00:11:22:33";
    const auto place =
        parseTransferPlace("https://esxi01.example:8443/nfc/52/disk-0.vmdk?x=1", thumbprint, "vc");
    ASSERT_TRUE(place && place->host);
    EXPECT_EQ(place->host->host, "esxi01.example");
    EXPECT_EQ(place->host->port, 8443);
    EXPECT_EQ(place->host->thumbprint[1], 0x11);
    EXPECT_EQ(place->authority, "esxi01.example:8443");
    EXPECT_EQ(place->target, "/nfc/52/disk-0.vmdk?x=1");
    EXPECT_EQ(place->name, "disk-0.vmdk");
    for (const auto* own :
         {"https://*/nfc/1/d", "https://*:443/nfc/1/d", "https://VC:443/nfc/1/d"}) {
        const auto self = parseTransferPlace(own, "", "vc");
        EXPECT_TRUE(self && !self->host) << own;
    }
    EXPECT_EQ(parseTransferPlace("https://*/nfc/a%20b", "", "vc")->name, "disk");
}

TEST(TransferPlace, RefusesWhatIsNoPlaceOfALease) {
    const std::string good(40, 'a');
    for (const auto* url : {"http://esxi/nfc/d",
                            "https://esxi",
                            "https://user@esxi/nfc/d",
                            "https:///nfc/d",
                            "https://esxi:99999/nfc/d",
                            "https://es xi/nfc/d",
                            "https://esxi/nfc/d\r\nX: y",
                            "https://esxi/nfc\\d",
                            "file:///etc/passwd",
                            ""}) {
        EXPECT_FALSE(parseTransferPlace(url, good, "vc")) << url;
    }
    for (const auto* thumbprint : {"", "AA", "zz"}) {
        const auto place = parseTransferPlace("https://esxi/nfc/d", thumbprint, "vc");
        ASSERT_FALSE(place);
        EXPECT_TRUE(place.error().is(errc::kBadLease));
    }
}

}  // namespace
}  // namespace pcg::proxy
