// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/endpoint/request_target.h"

#include "vcenter-proxy/errc.h"

#include <gtest/gtest.h>

namespace pcg::proxy {
namespace {

Result<RequestTarget> classify(std::string method, std::string target) {
    http::RequestHead head;
    head.method = std::move(method);
    head.target = std::move(target);
    return classifyTarget(head);
}

TEST(RequestTarget, OpensTheDoorsThatClientsUse) {
    EXPECT_EQ(classify("POST", "/sdk")->surface, Surface::Soap);
    EXPECT_EQ(classify("POST", "/sdk/")->surface, Surface::Soap);
    EXPECT_EQ(classify("POST", "/sdk/vimService")->surface, Surface::Soap);
    EXPECT_EQ(classify("POST", "/pbm/sdk")->surface, Surface::Pbm);
    EXPECT_EQ(classify("POST", "/sms/sdk")->surface, Surface::Sms);
    EXPECT_EQ(classify("POST", "/vslm/sdk")->surface, Surface::Vslm);
    EXPECT_EQ(classify("POST", "/vsanHealth")->surface, Surface::Vsan);
    EXPECT_EQ(classify("GET", "/sdk/vimServiceVersions.xml")->surface, Surface::Versions);
    EXPECT_EQ(classify("GET", "/sdk/vimService.wsdl")->surface, Surface::Versions);
    EXPECT_EQ(classify("GET", "/sdk/vim-types.xsd")->surface, Surface::Versions);
    EXPECT_EQ(classify("GET", "/sdk/vimService.wsdl.xml")->surface, Surface::Versions);
    EXPECT_EQ(classify("PUT", "/folder/a/b.iso?dcPath=DC0&dsName=ds%201")->surface,
              Surface::Folder);
    EXPECT_EQ(classify("HEAD", "/folder/a")->surface, Surface::Folder);
}

TEST(RequestTarget, SendsTheTargetAsItCame) {
    EXPECT_EQ(classify("GET", "/folder/a%20b?dsName=x")->target, "/folder/a%20b?dsName=x");
}

TEST(RequestTarget, DecodesThePathOfAFile) {
    EXPECT_EQ(classify("GET", "/folder/pcg/a%20b%5B1%5D.iso")->folder_path, "pcg/a b[1].iso");
    EXPECT_EQ(classify("GET", "/folder")->folder_path, "");
    EXPECT_EQ(classify("GET", "/folder/")->folder_path, "");
}

class ClosedPath : public testing::TestWithParam<const char*> {};

TEST_P(ClosedPath, IsDenied) {
    for (const auto* method : {"GET", "POST", "PUT", "HEAD", "DELETE", "OPTIONS", "CONNECT"}) {
        const auto target = classify(method, GetParam());
        ASSERT_FALSE(target) << method;
        EXPECT_TRUE(target.error().is(errc::kPathDenied)) << target.error().message();
    }
}

INSTANTIATE_TEST_SUITE_P(Paths,
                         ClosedPath,
                         testing::Values("/",
                                         "/mob",
                                         "/ui",
                                         "/ui/login",
                                         "/websso/SAML2",
                                         "/api",
                                         "/rest",
                                         "/apix/vcenter/vm",
                                         "/vsanHealth/x",
                                         "/sdk/evil.wsdl",
                                         "/SDK",
                                         "/Sdk/vimServiceVersions.xml",
                                         "/sdk/x",
                                         "/sdk/vim25/8.0.1.0/VirtualMachine/vm-1/PowerOff",
                                         "/sdk/a/vimServiceVersions.xml",
                                         "/sdkx",
                                         "/sdk?x=y",
                                         "/s%64k",
                                         "/folderx/a",
                                         "/nfc",
                                         "/nfc/x",
                                         "/nfc/x/y/z",
                                         "/guestFile",
                                         "/guestFile?id=1",
                                         "/guestFile/x",
                                         "/guestFile/x/y/z",
                                         "/ticket",
                                         "/ticket/",
                                         "/ticket/x/y",
                                         "/ticket/x?y",
                                         "/sts/STSService",
                                         "/eam/sdk",
                                         "/sdkTunnel"));

class CrookedPath : public testing::TestWithParam<const char*> {};

TEST_P(CrookedPath, IsRefusedWhateverItMeans) {
    for (const auto* method : {"GET", "POST"}) {
        const auto target = classify(method, GetParam());
        ASSERT_FALSE(target) << method;
        EXPECT_TRUE(target.error().is(errc::kBadTarget)) << target.error().message();
    }
}

INSTANTIATE_TEST_SUITE_P(Paths,
                         CrookedPath,
                         testing::Values("",
                                         "sdk",
                                         "*",
                                         "https://other/sdk",
                                         "/sdk/../mob",
                                         "/folder/../mob",
                                         "/folder/a/./b",
                                         "/folder/..",
                                         "/folder//a",
                                         "//sdk",
                                         "/folder/%2e%2e/mob",
                                         "/folder/%2E./x",
                                         "/folder/a%2fb",
                                         "/folder/a%5cb",
                                         "/folder/a\\b",
                                         "/folder/%252e%252e/x",
                                         "/folder/a%00b",
                                         "/folder/a%0d%0ab",
                                         "/folder/a%7f",
                                         "/folder/a%",
                                         "/folder/a%2",
                                         "/folder/a%zz",
                                         "/folder/a;x=y",
                                         "/folder/a b",
                                         "/folder/a#b",
                                         "/folder/\xc3\xa4"));

TEST(RequestTarget, RefusesATargetBeyondItsLimit) {
    EXPECT_TRUE(classify("GET", "/folder/" + std::string(9000, 'a')).error().is(errc::kBadTarget));
}

TEST(RequestTarget, OpensAFileToReadingAndWritingOnly) {
    for (const auto* method : {"DELETE", "POST", "PATCH", "OPTIONS", "MOVE", "get"}) {
        EXPECT_TRUE(classify(method, "/folder/a").error().is(errc::kMethodDenied)) << method;
    }
    EXPECT_TRUE(classify("GET", "/sdk").error().is(errc::kMethodDenied));
    EXPECT_TRUE(classify("POST", "/sdk/vimServiceVersions.xml").error().is(errc::kMethodDenied));
}

TEST(RequestTarget, TakesTheTwoParametersOfAFileAndNoOther) {
    EXPECT_TRUE(classify("GET", "/folder/a?dsName=x&dcPath=y"));
    for (const auto* query : {"?",
                              "?x=1",
                              "?dcPath=a&dcPath=b",
                              "?dcPath=a&&dsName=b",
                              "?dcpath=a",
                              "?dcPath=a#b",
                              "?dcPath=\\"}) {
        const auto target = classify("GET", std::string("/folder/a") + query);
        ASSERT_FALSE(target) << query;
        EXPECT_TRUE(target.error().is(errc::kBadTarget)) << query;
    }
}

}  // namespace
}  // namespace pcg::proxy
