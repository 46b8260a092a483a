// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/endpoint/soap_text.h"

#include "vcenter-proxy/errc.h"

#include <gtest/gtest.h>

namespace pcg::proxy {
namespace {

const ManagedObject kManager{"SessionManager", "SessionManager"};

Credential credential(std::string_view username, std::string_view password) {
    return {Secret::fromText(username), Secret::fromText(password), "vcenter.example"};
}

// Reads a body of ours back with the parser that reads the clients'.
std::optional<LoginArguments> readLogin(std::string_view body) {
    SoapEnvelope soap;
    EXPECT_TRUE(soap.feed(asBytes(body)));
    EXPECT_TRUE(soap.finish());
    return soap.takeLogin();
}

TEST(SoapText, EscapesWhatXmlTreatsSpecially) {
    EXPECT_EQ(escapeXml("a<b>&\"'\r\n\t"), "a&lt;b&gt;&amp;&quot;&apos;&#13;&#10;&#9;");
}

class AnyPassword : public testing::TestWithParam<const char*> {};

TEST_P(AnyPassword, ArrivesAsItIs) {
    const auto body = loginBody(kManager, credential("DOM\\user", GetParam()), "en");

    ASSERT_TRUE(body);
    const auto login = readLogin(body->revealText());
    ASSERT_TRUE(login);
    EXPECT_EQ(login->username, "DOM\\user");
    EXPECT_EQ(login->password.revealText(), GetParam());
    EXPECT_EQ(login->locale, "en");
}

INSTANTIATE_TEST_SUITE_P(Passwords,
                         AnyPassword,
                         testing::Values("simple",
                                         "<&\"'>",
                                         "</password><locale>x</locale><password>",
                                         "]]>",
                                         "tab\tand\nline\r\nends",
                                         " blanks ",
                                         "p\xc3\xa4ss\xe2\x82\xac\xf0\x9f\x94\x91",
                                         "&amp;"));

TEST(SoapText, RefusesACredentialThatXmlCannotCarry) {
    for (const auto* password : {"bell\x07", "latin1 \xe4", "\xef\xbf\xbe"}) {
        const auto body = loginBody(kManager, credential("u", password), "");

        ASSERT_FALSE(body);
        EXPECT_TRUE(body.error().is(errc::kCredentialsRejected));
    }
}

TEST(SoapText, RefusesALocaleThatXmlCannotCarry) {
    EXPECT_FALSE(loginBody(kManager, credential("u", "p"), "\x01"));
}

TEST(SoapText, LeavesNoLocaleOutOfTheLogin) {
    const auto body = loginBody(kManager, credential("u", "p"), "");

    ASSERT_TRUE(body);
    EXPECT_EQ(body->revealText().find("locale"), std::string_view::npos);
}

TEST(SoapText, SaysWhichPrivilegeIsMissingOnWhat) {
    Fault fault;
    fault.kind = FaultKind::NoPermission;
    fault.text = "no";
    fault.call = SoapCall{"urn:vim25", "PowerOffVM_Task", {"VirtualMachine", "vm-42"}};

    const auto body = faultBody(fault);

    EXPECT_NE(body.find("xsi:type=\"NoPermission\""), std::string::npos);
    EXPECT_NE(body.find("<object type=\"VirtualMachine\">vm-42</object>"), std::string::npos);
    EXPECT_NE(body.find("<privilegeId>Gateway.PowerOffVM_Task</privilegeId>"), std::string::npos);
}

TEST(SoapText, DoesNotLetTheClientWriteIntoAFault) {
    Fault fault;
    fault.kind = FaultKind::NoPermission;
    fault.text = "<x>";
    fault.call = SoapCall{"urn:vim25", "A<b>", {"T\"><y/>", "vm-1</object><z/>"}};

    const auto body = faultBody(fault);

    EXPECT_EQ(body.find("<x>"), std::string::npos);
    EXPECT_EQ(body.find("<y/>"), std::string::npos);
    EXPECT_EQ(body.find("<z/>"), std::string::npos);
    EXPECT_EQ(body.find("A<b>"), std::string::npos);
}

TEST(SoapText, LogsOutOfTheManagerThatTheClientNamed) {
    SoapEnvelope soap;
    ASSERT_TRUE(soap.feed(asBytes(logoutBody({"SessionManager", "sm<1"}))));
    ASSERT_TRUE(soap.finish());

    EXPECT_EQ(soap.call()->method, "Logout");
    EXPECT_EQ(soap.call()->object.id, "sm<1");
}

}  // namespace
}  // namespace pcg::proxy
