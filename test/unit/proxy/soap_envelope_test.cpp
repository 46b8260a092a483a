// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/endpoint/soap_envelope.h"

#include "test/unit/proxy/soap_fixture.h"
#include "vcenter-proxy/errc.h"

#include <gtest/gtest.h>

namespace pcg::proxy {
namespace {

using test::call;
using test::capturedSoap;
using test::envelope;

Result<> readWhole(SoapEnvelope& soap, std::string_view text) {
    PCG_TRY(soap.feed(asBytes(text)));
    return soap.finish();
}

struct Captured {
    const char* file;
    const char* method;
    const char* type;
    const char* id;
};

void PrintTo(const Captured& captured, std::ostream* out) { *out << captured.file; }

class CapturedRequest : public testing::TestWithParam<Captured> {};

TEST_P(CapturedRequest, SaysWhatItAsksFor) {
    const auto text = capturedSoap(GetParam().file);
    SoapEnvelope soap;

    const auto read = readWhole(soap, text);

    ASSERT_TRUE(read) << read.error().message();
    EXPECT_EQ(soap.call()->name_space, kVimNamespace);
    EXPECT_EQ(soap.call()->method, GetParam().method);
    EXPECT_EQ(soap.call()->object.type, GetParam().type);
    EXPECT_EQ(soap.call()->object.id, GetParam().id);
}

TEST_P(CapturedRequest, SaysTheSameWhenItComesOctetByOctet) {
    const auto text = capturedSoap(GetParam().file);
    SoapEnvelope soap;

    for (const char& c : text) ASSERT_TRUE(soap.feed(asBytes({&c, 1})));

    ASSERT_TRUE(soap.finish());
    EXPECT_EQ(soap.call()->method, GetParam().method);
    EXPECT_EQ(soap.call()->object.id, GetParam().id);
}

INSTANTIATE_TEST_SUITE_P(
    Clients,
    CapturedRequest,
    testing::Values(Captured{"govmomi/RetrieveServiceContent.xml",
                             "RetrieveServiceContent",
                             "ServiceInstance",
                             "ServiceInstance"},
                    Captured{"pyvmomi/RetrieveServiceContent.xml",
                             "RetrieveServiceContent",
                             "ServiceInstance",
                             "ServiceInstance"},
                    Captured{"govmomi/Login.xml", "Login", "SessionManager", "SessionManager"},
                    Captured{"pyvmomi/Login.xml", "Login", "SessionManager", "SessionManager"},
                    Captured{"govmomi/CloneVM_Task.xml", "CloneVM_Task", "VirtualMachine", "vm-57"},
                    Captured{"pyvmomi/CloneVM_Task.xml", "CloneVM_Task", "VirtualMachine", "vm-57"},
                    Captured{"govmomi/Logout.xml", "Logout", "SessionManager", "SessionManager"},
                    Captured{"pyvmomi/RetrievePropertiesEx.xml",
                             "RetrievePropertiesEx",
                             "PropertyCollector",
                             "propertyCollector"}));

TEST(SoapEnvelope, KnowsTheCallBeforeTheBodyIsComplete) {
    SoapEnvelope soap;
    const auto whole = envelope(call("CloneVM_Task", "VirtualMachine", "vm-1", "<name>x</name>"));

    ASSERT_TRUE(soap.feed(asBytes(whole.substr(0, whole.find("<name>")))));

    ASSERT_TRUE(soap.call());
    EXPECT_EQ(soap.call()->method, "CloneVM_Task");
}

TEST(SoapEnvelope, GivesTheArgumentsOfALogin) {
    SoapEnvelope soap;
    ASSERT_TRUE(readWhole(soap,
                          envelope(call("Login",
                                        "SessionManager",
                                        "SessionManager",
                                        "<userName>ak_1</userName><password>a&lt;b&amp;c</password>"
                                        "<locale>en_US</locale>"))));

    const auto login = soap.takeLogin();

    ASSERT_TRUE(login);
    EXPECT_EQ(login->username, "ak_1");
    EXPECT_EQ(login->password.revealText(), "a<b&c");
    EXPECT_EQ(login->locale, "en_US");
    EXPECT_FALSE(soap.takeLogin());
}

TEST(SoapEnvelope, KeepsNoArgumentsOfOtherCalls) {
    SoapEnvelope soap;
    ASSERT_TRUE(readWhole(soap,
                          envelope(call("CloneVM_Task",
                                        "VirtualMachine",
                                        "vm-1",
                                        "<userName>x</userName><password>y</password>"))));

    EXPECT_FALSE(soap.takeLogin());
}

TEST(SoapEnvelope, GivesNoLoginArgumentsInAnotherNamespace) {
    SoapEnvelope soap;
    ASSERT_TRUE(readWhole(soap,
                          envelope("<Login xmlns=\"urn:internalvim25\"><_this type=\"S\">s</_this>"
                                   "<userName>x</userName></Login>")));

    EXPECT_FALSE(soap.takeLogin());
}

TEST(SoapEnvelope, FindsTheSessionCookieOfTheHeader) {
    SoapEnvelope soap;
    ASSERT_TRUE(
        readWhole(soap, envelope(call("X", "T", "i"), "<vcSessionCookie> abc </vcSessionCookie>")));

    EXPECT_EQ(soap.sessionCookie(), "abc");
}

TEST(SoapEnvelope, SaysWhereTheSessionCookieStands) {
    for (const auto* content : {" abc ", "abc", "a&#98;c", ""}) {
        const std::string element =
            "<vcSessionCookie>" + std::string(content) + "</vcSessionCookie>";
        const auto body =
            "\xef\xbb\xbf" + envelope(call("X", "T", "i"), "<!-- abc -->\n<a>abc</a>" + element);
        SoapEnvelope soap;
        // Octet by octet: an offset must not depend on how the body arrives.
        for (const char octet : body) ASSERT_TRUE(soap.feed(asBytes(std::string_view(&octet, 1))));
        ASSERT_TRUE(soap.finish());

        ASSERT_TRUE(soap.sessionCookieSpan());
        const auto [begin, end] = *soap.sessionCookieSpan();
        EXPECT_EQ(body.substr(begin, end - begin), content);
        EXPECT_EQ(begin, body.find("<vcSessionCookie>") + 17);
    }
    SoapEnvelope empty;
    const auto body = envelope(call("X", "T", "i"), "<vcSessionCookie/>");
    ASSERT_TRUE(readWhole(empty, body));
    EXPECT_EQ(empty.sessionCookieSpan()->begin, empty.sessionCookieSpan()->end);
}

TEST(SoapEnvelope, IsNotMisledByACommentThatLooksLikeACall) {
    SoapEnvelope soap;
    const auto body = "<!-- " + call("Login", "T", "i") + " -->" +
                      call("PowerOffVM_Task", "VirtualMachine", "vm-1");

    ASSERT_TRUE(readWhole(soap, envelope(body)));

    EXPECT_EQ(soap.call()->method, "PowerOffVM_Task");
}

TEST(SoapEnvelope, StreamsABodyOfMegabytesWithoutKeepingIt) {
    SoapEnvelope soap;
    const std::string tail = "</x></CreateImportSpec></s:Body></s:Envelope>";
    auto head = envelope(call("CreateImportSpec", "OvfManager", "OvfManager", "<x>"));
    head.resize(head.find("</CreateImportSpec>"));
    ASSERT_TRUE(soap.feed(asBytes(head)));

    const std::string piece(64 * 1024, 'a');
    for (int i = 0; i < 64; ++i) ASSERT_TRUE(soap.feed(asBytes(piece)));

    ASSERT_TRUE(soap.feed(asBytes(tail)));
    EXPECT_TRUE(soap.finish());
}

struct Refused {
    const char* why;
    std::string text;
};

void PrintTo(const Refused& refused, std::ostream* out) { *out << refused.why; }

class RefusedEnvelope : public testing::TestWithParam<Refused> {};

TEST_P(RefusedEnvelope, IsAnError) {
    SoapEnvelope soap;

    const auto read = readWhole(soap, GetParam().text);

    ASSERT_FALSE(read);
    EXPECT_TRUE(read.error().is(errc::kBadEnvelope)) << read.error().code().name();
}

TEST_P(RefusedEnvelope, StaysAnError) {
    SoapEnvelope soap;
    const auto first = readWhole(soap, GetParam().text);

    const auto again = soap.finish();

    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().message(), first.error().message());
}

std::string utf16(std::string_view text, std::string_view mark) {
    std::string wide(mark);
    for (const char c : text) wide += {c, '\0'};
    return wide;
}

std::string login() { return call("Login", "T", "i"); }

INSTANTIATE_TEST_SUITE_P(
    Smuggling,
    RefusedEnvelope,
    testing::Values(
        Refused{"two children of the body", envelope(call("A", "T", "i") + login())},
        Refused{"two bodies",
                "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\">"
                "<s:Body>" +
                    login() + "</s:Body><s:Body>" + login() + "</s:Body></s:Envelope>"},
        Refused{"a header after the body",
                "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body>" +
                    login() + "</s:Body><s:Header/></s:Envelope>"},
        Refused{"something after the envelope", envelope(login()) + envelope(login())},
        Refused{"a document type", "<!DOCTYPE x>" + envelope(login())},
        Refused{"an entity of its own",
                "<!DOCTYPE x [<!ENTITY a \"Logout\">]>" + envelope("<A>&a;</A>")},
        Refused{"a bomb of entities",
                "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;\">"
                "<!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;\">]>" +
                    envelope("<A>&c;</A>")},
        Refused{"an undeclared entity", envelope(call("A", "T", "&foo;"))},
        Refused{"a processing instruction", envelope("<?php x?>" + login())},
        Refused{"UTF-16", utf16(envelope(login()), "\xff\xfe")},
        Refused{"UTF-16 without a mark", utf16(envelope(login()), "")},
        Refused{"UTF-16, big end first", std::string(1, '\0') + utf16(envelope(login()), "")},
        Refused{"another declared encoding",
                "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>" + envelope(login())},
        Refused{"octets that are not UTF-8", envelope(call("A", "T", "\xc3\x28"))},
        Refused{"another namespace",
                envelope("<Login xmlns=\"urn:other\"><_this type=\"T\">i</_this></Login>")},
        Refused{"no namespace", envelope("<Login><_this type=\"T\">i</_this></Login>")},
        Refused{"SOAP 1.2",
                "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\"><s:Body>" +
                    login() + "</s:Body></s:Envelope>"},
        Refused{"no envelope", login()},
        Refused{"an empty body", envelope("")},
        Refused{"text in the body", envelope("x" + login())},
        Refused{"text in the call",
                envelope("<A xmlns=\"urn:vim25\">x<_this type=\"T\">i</_this></A>")},
        Refused{"no _this", envelope("<A xmlns=\"urn:vim25\"></A>")},
        Refused{"_this not first",
                envelope("<A xmlns=\"urn:vim25\"><b/><_this type=\"T\">i</_this></A>")},
        Refused{"two _this", envelope(call("A", "T", "vm-1", "<_this type=\"T\">vm-2</_this>"))},
        Refused{
            "_this in another namespace",
            envelope("<A xmlns=\"urn:vim25\"><_this type=\"T\" xmlns=\"urn:pbm\">i</_this></A>")},
        Refused{"an element in _this", envelope(call("A", "T", "vm-1<x/>2"))},
        Refused{"a comment in _this", envelope(call("A", "T", "vm-1<!-- -->2"))},
        Refused{"CDATA in _this", envelope(call("A", "T", "vm-<![CDATA[12]]>"))},
        Refused{"a _this without a type",
                envelope("<A xmlns=\"urn:vim25\"><_this>vm-1</_this></A>")},
        Refused{"a _this with an empty type", envelope(call("A", "", "vm-1"))},
        Refused{"a _this with its type in another namespace",
                envelope("<A xmlns=\"urn:vim25\"><_this xmlns:x=\"urn:vim25\" "
                         "x:type=\"VirtualMachine\">vm-1</_this></A>")},
        Refused{"an empty _this", envelope(call("A", "T", " "))},
        Refused{"two passwords",
                envelope(call("Login", "T", "i", "<password>a</password><password>b</password>"))},
        Refused{"a header that must be understood",
                envelope(login(), "<x:t xmlns:x=\"urn:x\" s:mustUnderstand=\"1\"/>")},
        Refused{"two session cookies",
                envelope(login(),
                         "<vcSessionCookie>a</vcSessionCookie><vcSessionCookie>b"
                         "</vcSessionCookie>")},
        Refused{"a body that breaks off", envelope(login()).substr(0, 150)},
        Refused{"nothing", ""}));

TEST(SoapEnvelope, RefusesAMethodBehindMoreThan64KiBOfHeader) {
    SoapEnvelope soap;
    const std::string header = "<h>" + std::string(100 * 1024, 'a') + "</h>";

    const auto read = readWhole(soap, envelope(login(), header));

    ASSERT_FALSE(read);
    EXPECT_TRUE(read.error().is(errc::kEnvelopeTooLarge));
}

TEST(SoapEnvelope, RefusesATagThatDoesNotEnd) {
    SoapEnvelope soap;
    auto head = envelope(call("A", "T", "i", "<x y=\""));
    head.resize(head.find("</A>"));
    ASSERT_TRUE(soap.feed(asBytes(head)));

    const std::string piece(32 * 1024, 'a');
    Result<> read;
    for (int i = 0; i < 8 && read; ++i) read = soap.feed(asBytes(piece));

    ASSERT_FALSE(read);
    EXPECT_TRUE(read.error().is(errc::kEnvelopeTooLarge));
}

TEST(SoapEnvelope, RefusesBottomlessNesting) {
    SoapEnvelope soap;
    std::string deep;
    for (int i = 0; i < 500; ++i) deep += "<x>";

    const auto read = soap.feed(asBytes(envelope(call("A", "T", "i", deep))));

    EXPECT_FALSE(read);
}

TEST(SoapEnvelope, FindsASecondCallHoweverLateItComes) {
    SoapEnvelope soap;
    auto first = envelope(call("A", "T", "i", "<x>" + std::string(300 * 1024, 'a') + "</x>"));
    first.resize(first.find("</s:Body>"));
    ASSERT_TRUE(soap.feed(asBytes(first)));

    const auto read = soap.feed(asBytes(login()));

    ASSERT_FALSE(read);
    EXPECT_TRUE(read.error().is(errc::kBadEnvelope));
}

}  // namespace
}  // namespace pcg::proxy
