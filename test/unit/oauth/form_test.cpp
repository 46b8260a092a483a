// SPDX-License-Identifier: Apache-2.0
#include "common/oauth/multipart.h"

#include <gtest/gtest.h>

namespace pcg::oauth {
namespace {

Result<Multipart> parsed(std::string_view body) { return Multipart::parse(body, "b"); }

std::string part(const std::string& header, const std::string& value) {
    return "--b\r\n" + header + "\r\n\r\n" + value + "\r\n";
}

TEST(Form, ReadsRepeatedNamesBlanksAndEscapes) {
    const auto form = parseForm("a=1&b=%20+x&a=2&c&=x&&d=%C3%A4");

    ASSERT_TRUE(form);
    const Parameters expected{{"a", "1"}, {"b", "  x"}, {"a", "2"}, {"c", ""}, {"d", "\xc3\xa4"}};
    EXPECT_EQ(*form, expected);
    EXPECT_EQ(*lastOf(*form, "a"), "2");
    EXPECT_EQ(allOf(*form, "a"), (std::vector<std::string>{"1", "2"}));
}

TEST(Form, RefusesWhatTwoServersCouldReadDifferently) {
    for (const auto* text : {"a=1;op=x", "a=%zz", "a=%4", "a%00b=1"}) {
        EXPECT_FALSE(parseForm(text)) << text;
    }
    std::string many;
    for (std::size_t i = 0; i <= kMostParameters; ++i) many += "a=1&";
    EXPECT_FALSE(parseForm(many));
}

TEST(Form, LeavesOutOAuthsOwnParametersHoweverTheyAreSpelt) {
    const auto text = "op=x&oauth_token=t&%6fauth_nonce=n&OAuth_Signature=s&tag=oauth_";

    EXPECT_EQ(formWithout(text, &isOAuthName), "op=x&tag=oauth_");
}

TEST(Multipart, ReadsFieldsInTheClearAndInBase64AndKeepsFilesApart) {
    const auto form = parsed(
        part("Content-Disposition: form-data; name=\"op\"", "allocate") +
        part("Content-Transfer-Encoding: base64\r\nContent-Disposition: form-data; name=\"mem\"",
             "ODE5\r\nMg==\r\n") +
        part("Content-Disposition: form-data; name=\"file\"; filename=\"x;y\"", "\x00\x01") +
        "--b--\r\n");

    ASSERT_TRUE(form) << form.error().message();
    EXPECT_EQ(form->fields(), (Parameters{{"op", "allocate"}, {"mem", "8192"}}));
    EXPECT_TRUE(form->parts()[2].isFile());
}

TEST(Multipart, ReadsThePythonClientsFormWithoutAField) {
    const auto form = parsed("--b\r\n\r\n--b--");

    ASSERT_TRUE(form) << form.error().message();
    EXPECT_TRUE(form->fields().empty());
}

TEST(Multipart, RefusesPartsThatCouldBeReadInTwoWays) {
    const std::string good = "Content-Disposition: form-data; name=\"op\"";
    for (const auto& body : {
             "x" + part(good, "1") + "--b--",                 // a preamble
             part(good, "1") + "--b--\r\nmore",               // an epilogue
             part(good, "1"),                                 // no end
             part(good + "; name=\"x\"", "1") + "--b--",      // two names
             part(good + "; name*=utf-8''x", "1") + "--b--",  // RFC 5987
             part(good + "\r\n" + good, "1") + "--b--",       // two fields
             part(good + "\r\nContent-Transfer-Encoding: quoted-printable", "1") + "--b--",
             part("Content-Disposition: form-data; name=\"a\\\"b\"", "1") + "--b--",
             part("Content-Disposition: form-data; name=\"\"", "1") + "--b--",
             part("Content-Type: text/plain", "1") + "--b--",
             part(" folded: x\r\n" + good, "1") + "--b--",
             std::string("--b\n") + good + "\n\n1\n--b--",
         }) {
        EXPECT_FALSE(parsed(body)) << body;
    }
}

TEST(Multipart, IsWrittenAgainWithoutTheUnwantedParts) {
    const auto op = part("Content-Disposition: form-data; name=\"op\"", "x");
    const auto token = part("Content-Disposition: form-data; name=\"oauth_token\"", "t");
    const auto body = token + op + "--b--\r\n";

    const auto form = parsed(body);
    ASSERT_TRUE(form);

    EXPECT_EQ(form->without(&isOAuthName), op + "--b--\r\n");
}

TEST(Multipart, TakesItsBoundaryFromTheContentType) {
    EXPECT_EQ(**Multipart::boundaryOf("multipart/form-data; boundary=abc"), "abc");
    EXPECT_EQ(**Multipart::boundaryOf("Multipart/Form-Data; boundary=\"==1=\""), "==1=");
    EXPECT_FALSE(*Multipart::boundaryOf("application/x-www-form-urlencoded"));
    EXPECT_FALSE(Multipart::boundaryOf("multipart/form-data"));
    EXPECT_FALSE(Multipart::boundaryOf("multipart/form-data; boundary=a; boundary=b"));
    EXPECT_FALSE(Multipart::boundaryOf("multipart/form-data; boundary=a b"));
}

}  // namespace
}  // namespace pcg::oauth
