// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/endpoint/headers.h"

#include "vcenter-proxy/errc.h"

#include <gtest/gtest.h>

namespace pcg::proxy {
namespace {

using http::BodyFraming;
using http::HeaderList;

http::RequestHead soapHead(HeaderList headers = {{"Content-Type", "text/xml; charset=utf-8"}}) {
    return {"POST", "/sdk", std::move(headers), BodyFraming::ofLength(10)};
}

TEST(RequestHeaders, AreAcceptedAsClientsSendThem) {
    for (const auto* type : {"text/xml; charset=\"utf-8\"",
                             "text/xml; charset=UTF-8",
                             "text/xml",
                             "application/xml;charset=utf-8"}) {
        EXPECT_TRUE(checkRequestHead(Surface::Soap, soapHead({{"Content-Type", type}}))) << type;
    }
}

TEST(RequestHeaders, AreRefusedIfTheBodyCouldNotBeRead) {
    for (const auto* type : {"text/xml; charset=utf-16",
                             "multipart/related; type=text/xml",
                             "application/soap+xml",
                             "text/xml; charset",
                             ""}) {
        EXPECT_FALSE(checkRequestHead(Surface::Soap, soapHead({{"Content-Type", type}}))) << type;
    }
    EXPECT_FALSE(checkRequestHead(Surface::Soap, soapHead({})));
    EXPECT_FALSE(checkRequestHead(
        Surface::Soap, soapHead({{"Content-Type", "text/xml"}, {"Content-Encoding", "gzip"}})));
}

TEST(RequestHeaders, AreRefusedIfOneComesTwiceThatMayComeOnce) {
    for (const auto* name : {"Host", "SOAPAction", "content-type", "Range"}) {
        auto head = soapHead();
        head.headers.set("Content-Type", "text/xml");
        head.headers.add(name, "a");
        head.headers.add(name, "b");
        EXPECT_FALSE(checkRequestHead(Surface::Soap, head)) << name;
    }
}

TEST(RequestHeaders, AreRefusedWithoutABodyWhereOneIsNeededAndWithOneWhereNot) {
    auto head = soapHead();
    head.body = BodyFraming::none();
    EXPECT_FALSE(checkRequestHead(Surface::Soap, head));
    EXPECT_FALSE(
        checkRequestHead(Surface::Folder, {"GET", "/folder/a", {}, BodyFraming::ofLength(1)}));
    EXPECT_FALSE(checkRequestHead(Surface::Folder, {"PUT", "/folder/a", {}, BodyFraming::none()}));
    EXPECT_TRUE(
        checkRequestHead(Surface::Folder, {"PUT", "/folder/a", {}, BodyFraming::ofLength(0)}));
}

TEST(HeadersForEndpoint, ComeFromTheAllowListOnly) {
    const HeaderList from{{"Host", "ingress:1"},
                          {"SOAPAction", "urn:vim25/7.0"},
                          {"Cookie", "vmware_soap_session=ours; other=1"},
                          {"X-Forwarded-For", "1.2.3.4"},
                          {"Forwarded", "for=1.2.3.4"},
                          {"Authorization", "Basic abc"},
                          {"Content-Type", "text/xml"},
                          {"Connection", "keep-alive, SOAPAction-Extra"},
                          {"SOAPAction-Extra", "x"},
                          {"Accept-Encoding", "gzip"},
                          {"X-Unknown", "x"}};

    const auto headers = headersForEndpoint(Surface::Soap, from, "vc:8443", "real=1");

    const HeaderList expected{{"Host", "vc:8443"},
                              {"SOAPAction", "urn:vim25/7.0"},
                              {"Content-Type", "text/xml"},
                              {"Accept-Encoding", "gzip"},
                              {"Cookie", "real=1"}};
    EXPECT_EQ(headers, expected);
}

TEST(HeadersForEndpoint, LoseWhatTheConnectionFieldNames) {
    const HeaderList from{{"Connection", "SOAPAction"}, {"SOAPAction", "x"}};

    EXPECT_EQ(headersForEndpoint(Surface::Soap, from, "vc", "").count("SOAPAction"), 0U);
}

TEST(HeadersForEndpoint, KeepRangesOfFiles) {
    const HeaderList from{{"Range", "bytes=1-2"}, {"Overwrite", "t"}};

    EXPECT_EQ(headersForEndpoint(Surface::Folder, from, "vc", "").count("Range"), 1U);
    EXPECT_EQ(headersForEndpoint(Surface::Soap, from, "vc", "").count("Range"), 0U);
}

TEST(HeadersForClient, HoldNoCookieAndNothingHopByHop) {
    const HeaderList from{{"Set-Cookie", "vmware_soap_session=real"},
                          {"Connection", "close, X-Hop"},
                          {"X-Hop", "1"},
                          {"Keep-Alive", "timeout=5"},
                          {"Strict-Transport-Security", "max-age=1"},
                          {"Content-Type", "text/xml"},
                          {"Content-Encoding", "gzip"},
                          {"X-Other", "kept"}};

    const auto headers = headersForClient(from, "vc", "ingress");

    const HeaderList expected{
        {"Content-Type", "text/xml"}, {"Content-Encoding", "gzip"}, {"X-Other", "kept"}};
    EXPECT_EQ(headers, expected);
}

TEST(HeadersForClient, PointWhereTheClientCanGo) {
    const auto location = [](const char* value, const char* authority) {
        const auto headers = headersForClient({{"Location", value}}, authority, "in.example:8443");
        const auto* found = headers.find("Location");
        return found == nullptr ? std::string("none") : *found;
    };

    EXPECT_EQ(location("https://vc.example/folder/x?y#z", "vc.example"),
              "https://in.example:8443/folder/x?y#z");
    EXPECT_EQ(location("https://VC.example:443/", "vc.example"), "https://in.example:8443/");
    EXPECT_EQ(location("https://vc.example", "vc.example:443"), "https://in.example:8443");
    EXPECT_EQ(location("/ui/", "vc.example"), "/ui/");
    EXPECT_EQ(location("https://esxi.example/x", "vc.example"), "none");
    EXPECT_EQ(location("https://vc.example:8443/x", "vc.example"), "none");
}

}  // namespace
}  // namespace pcg::proxy
