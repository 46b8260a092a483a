// SPDX-License-Identifier: Apache-2.0
#include "common/http/admission.h"

#include "common/http/errc.h"
#include "common/http/parser.h"

#include <gtest/gtest.h>

#include <string>

namespace pcg::http {
namespace {

using namespace std::string_literals;

AdmissionRules rules() {
    AdmissionRules rules;
    rules.allowedHosts = {"vc1.example.com", "127.0.0.1", "[::1]"};
    return rules;
}

// "GET / HTTP/1.1", a good Host, and then the given header lines.
std::string withHeaders(const std::string& lines, const std::string& method = "GET") {
    return method + " / HTTP/1.1\r\nHost: vc1.example.com\r\n" + lines + "\r\n";
}

std::string withTarget(const std::string& target, const std::string& method = "GET") {
    return method + " " + target + " HTTP/1.1\r\nHost: vc1.example.com\r\n\r\n";
}

struct Refusal {
    std::string what;
    std::string head;
    ErrorCode code;
};

void PrintTo(const Refusal& refusal, std::ostream* out) { *out << refusal.what; }

class AdmissionRefuses : public testing::TestWithParam<Refusal> {};

TEST_P(AdmissionRefuses, TheHead) {
    const auto admitted = admit(GetParam().head, rules());

    ASSERT_FALSE(admitted) << GetParam().what;
    EXPECT_EQ(admitted.error().code().name(), GetParam().code.name()) << admitted.error().message();
}

INSTANTIATE_TEST_SUITE_P(
    Framing,
    AdmissionRefuses,
    testing::Values(
        Refusal{"TE beside CL",
                withHeaders("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "POST"),
                kBadFraming},
        Refusal{"CL beside TE",
                withHeaders("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", "POST"),
                kBadFraming},
        Refusal{"two different CL",
                withHeaders("Content-Length: 3\r\nContent-Length: 4\r\n", "POST"),
                kBadFraming},
        Refusal{"two equal CL",
                withHeaders("Content-Length: 3\r\nContent-Length: 3\r\n", "POST"),
                kBadFraming},
        Refusal{"CL list", withHeaders("Content-Length: 3, 3\r\n", "POST"), kBadFraming},
        Refusal{"negative CL", withHeaders("Content-Length: -1\r\n", "POST"), kBadFraming},
        Refusal{"signed CL", withHeaders("Content-Length: +3\r\n", "POST"), kBadFraming},
        Refusal{"hex CL", withHeaders("Content-Length: 0x1f\r\n", "POST"), kBadFraming},
        Refusal{"empty CL", withHeaders("Content-Length:\r\n", "POST"), kBadFraming},
        Refusal{
            "CL with a blank inside", withHeaders("Content-Length: 1 1\r\n", "POST"), kBadFraming},
        Refusal{"CL beyond 63 bits",
                withHeaders("Content-Length: 18446744073709551617\r\n", "POST"),
                kBadFraming},
        Refusal{"two TE",
                withHeaders("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "POST"),
                kBadFraming},
        Refusal{"TE gzip, chunked",
                withHeaders("Transfer-Encoding: gzip, chunked\r\n", "POST"),
                kBadFraming},
        Refusal{"TE chunked, identity",
                withHeaders("Transfer-Encoding: chunked, identity\r\n", "POST"),
                kBadFraming},
        Refusal{"TE xchunked", withHeaders("Transfer-Encoding: xchunked\r\n", "POST"), kBadFraming},
        Refusal{
            "TE quoted", withHeaders("Transfer-Encoding: \"chunked\"\r\n", "POST"), kBadFraming},
        Refusal{"TE with a vertical tab",
                withHeaders("Transfer-Encoding: \x0b"
                            "chunked\r\n",
                            "POST"),
                kBadHeader},
        Refusal{"TE with HTTP/1.0",
                "POST / HTTP/1.0\r\nHost: vc1.example.com\r\nTransfer-Encoding: chunked\r\n\r\n",
                kBadFraming},
        Refusal{"TE with a blank before the colon",
                withHeaders("Transfer-Encoding : chunked\r\n", "POST"),
                kBadHeader},
        Refusal{"CL with a blank before the colon",
                withHeaders("Content-Length : 3\r\n", "POST"),
                kBadHeader},
        Refusal{"TE behind a fold",
                withHeaders("X: a\r\n Transfer-Encoding: chunked\r\n", "POST"),
                kBadHeader},
        Refusal{"TE value folded",
                withHeaders("Transfer-Encoding:\r\n chunked\r\n", "POST"),
                kBadHeader},
        Refusal{"TE imitated with an underscore",
                withHeaders("Transfer_Encoding: chunked\r\n", "POST"),
                kBadHeader},
        Refusal{"CL imitated with an underscore",
                withHeaders("Content_Length: 5\r\n", "POST"),
                kBadHeader},
        Refusal{"Connection drops the CL",
                withHeaders("Connection: Content-Length\r\nContent-Length: 3\r\n"),
                kBadHeader},
        Refusal{
            "Connection drops the Host", withHeaders("Connection: close, host\r\n"), kBadHeader}));

INSTANTIATE_TEST_SUITE_P(
    Lines,
    AdmissionRefuses,
    testing::Values(
        Refusal{"bare LF after the request line",
                "GET / HTTP/1.1\nHost: vc1.example.com\r\n\r\n",
                kBadHeader},
        Refusal{
            "bare LF after a header", "GET / HTTP/1.1\r\nHost: vc1.example.com\n\r\n", kBadHeader},
        Refusal{"bare LF at the end", "GET / HTTP/1.1\r\nHost: vc1.example.com\r\n\n", kBadHeader},
        Refusal{"bare CR in a value", withHeaders("X: a\rb\r\n"), kBadHeader},
        Refusal{"bare CR hides a header",
                withHeaders("X: a\rTransfer-Encoding: chunked\r\n"),
                kBadHeader},
        Refusal{"NUL in a value", withHeaders("X: a\0b\r\n"s), kBadHeader},
        Refusal{"DEL in a value", withHeaders("X: a\x7f\r\n"), kBadHeader},
        Refusal{"NUL in a name", withHeaders("X\0Y: a\r\n"s), kBadHeader},
        Refusal{"no name", withHeaders(": a\r\n"), kBadHeader},
        Refusal{"no colon", withHeaders("X\r\n"), kBadHeader},
        Refusal{"brackets in a name", withHeaders("X[1]: a\r\n"), kBadHeader},
        Refusal{"umlaut in a name", withHeaders("X\xc3\xa4: a\r\n"), kBadHeader},
        Refusal{"tab before the colon", withHeaders("X\t: a\r\n"), kBadHeader},
        Refusal{
            "first line folded", "GET / HTTP/1.1\r\n Host: vc1.example.com\r\n\r\n", kBadHeader},
        Refusal{"no empty line", "GET / HTTP/1.1\r\nHost: vc1.example.com\r\n", kBadHeader},
        Refusal{"an empty line inside",
                "GET / HTTP/1.1\r\n\r\nHost: vc1.example.com\r\n\r\n",
                kBadHeader},
        Refusal{"nothing", "", kBadHeader},
        Refusal{"101 headers",
                withHeaders([] {
                    std::string lines;
                    for (int i = 0; i < 100; ++i) lines += "X: a\r\n";
                    return lines;
                }()),
                kHeadTooLarge},
        Refusal{"a head beyond 64 KiB",
                withHeaders("X: " + std::string(65'536, 'a') + "\r\n"),
                kHeadTooLarge}));

INSTANTIATE_TEST_SUITE_P(
    RequestLine,
    AdmissionRefuses,
    testing::Values(
        Refusal{"no version", "GET /\r\nHost: vc1.example.com\r\n\r\n", kBadRequestLine},
        Refusal{"two blanks", "GET  / HTTP/1.1\r\nHost: vc1.example.com\r\n\r\n", kBadRequestLine},
        Refusal{"a tab", "GET\t/ HTTP/1.1\r\nHost: vc1.example.com\r\n\r\n", kBadRequestLine},
        Refusal{"a blank at the end",
                "GET / HTTP/1.1 \r\nHost: vc1.example.com\r\n\r\n",
                kBadRequestLine},
        Refusal{"a blank in the target",
                "GET /a b HTTP/1.1\r\nHost: vc1.example.com\r\n\r\n",
                kBadRequestLine},
        Refusal{"a method that is no token",
                "G(T / HTTP/1.1\r\nHost: vc1.example.com\r\n\r\n",
                kBadRequestLine},
        Refusal{"an empty method", " / HTTP/1.1\r\nHost: vc1.example.com\r\n\r\n", kBadRequestLine},
        Refusal{"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\n", kBadVersion},
        Refusal{"HTTP/1.2", "GET / HTTP/1.2\r\nHost: vc1.example.com\r\n\r\n", kBadVersion},
        Refusal{
            "lower-case version", "GET / http/1.1\r\nHost: vc1.example.com\r\n\r\n", kBadVersion},
        Refusal{"version 01.1", "GET / HTTP/01.1\r\nHost: vc1.example.com\r\n\r\n", kBadVersion},
        Refusal{"TLS hello to a plain port", "\x16\x03\x01\x02\x00\r\n\r\n"s, kBadRequestLine}));

INSTANTIATE_TEST_SUITE_P(
    Target,
    AdmissionRefuses,
    testing::Values(
        Refusal{"absolute form", withTarget("http://vc1.example.com/sdk"), kBadTarget},
        Refusal{"authority form", withTarget("vc1.example.com:443", "CONNECT"), kBadTarget},
        Refusal{"asterisk", withTarget("*", "OPTIONS"), kBadTarget},
        Refusal{"relative", withTarget("sdk"), kBadTarget},
        Refusal{"two slashes at the start", withTarget("//evil.example/sdk"), kBadTarget},
        Refusal{"two slashes inside", withTarget("/a//b"), kBadTarget},
        Refusal{"dot", withTarget("/a/./b"), kBadTarget},
        Refusal{"dot dot", withTarget("/a/../b"), kBadTarget},
        Refusal{"dot dot at the end", withTarget("/a/.."), kBadTarget},
        Refusal{"dot dot with a parameter", withTarget("/a/..;x/b"), kBadTarget},
        Refusal{"encoded dot dot", withTarget("/api/%2e%2e/x"), kBadTarget},
        Refusal{"half encoded dot dot", withTarget("/api/.%2E/x"), kBadTarget},
        Refusal{"encoded slash", withTarget("/api/..%2fx"), kBadTarget},
        Refusal{"encoded backslash", withTarget("/api/%5cx"), kBadTarget},
        Refusal{"backslash", withTarget("/api/\\x"), kBadTarget},
        Refusal{"encoded NUL", withTarget("/sdk%00.png"), kBadTarget},
        Refusal{"encoded NUL in the query", withTarget("/sdk?a=%00"), kBadTarget},
        Refusal{"encoded LF", withTarget("/sdk%0ax"), kBadTarget},
        Refusal{"double encoding", withTarget("/api/%252e%252e/x"), kBadTarget},
        Refusal{"doubly encoded slash", withTarget("/api/x%252Fy"), kBadTarget},
        Refusal{"half an escape", withTarget("/sdk%2"), kBadTarget},
        Refusal{"a bad escape", withTarget("/sdk%zz"), kBadTarget},
        Refusal{"a fragment", withTarget("/sdk#x"), kBadTarget},
        Refusal{"a raw octet above ASCII", withTarget("/sdk\xc3\xa4"), kBadTarget},
        Refusal{"a control character", withTarget("/sdk\x01"), kBadTarget},
        Refusal{"9000 octets", withTarget("/" + std::string(9000, 'a')), kTargetTooLong}));

INSTANTIATE_TEST_SUITE_P(
    Host,
    AdmissionRefuses,
    testing::Values(
        Refusal{"none", "GET / HTTP/1.1\r\nX: y\r\n\r\n", kBadHost},
        Refusal{"none with HTTP/1.0", "GET / HTTP/1.0\r\nX: y\r\n\r\n", kBadHost},
        Refusal{"two", withHeaders("Host: vc1.example.com\r\n"), kBadHost},
        Refusal{"two, different", withHeaders("host: other.example.com\r\n"), kBadHost},
        Refusal{"empty", "GET / HTTP/1.1\r\nHost:\r\n\r\n", kBadHost},
        Refusal{
            "a list", "GET / HTTP/1.1\r\nHost: vc1.example.com, evil.example\r\n\r\n", kBadHost},
        Refusal{"a path", "GET / HTTP/1.1\r\nHost: vc1.example.com/evil\r\n\r\n", kBadHost},
        Refusal{"user information",
                "GET / HTTP/1.1\r\nHost: vc1.example.com@evil.example\r\n\r\n",
                kBadHost},
        Refusal{"a bad port", "GET / HTTP/1.1\r\nHost: vc1.example.com:99999\r\n\r\n", kBadHost},
        Refusal{"an empty port", "GET / HTTP/1.1\r\nHost: vc1.example.com:\r\n\r\n", kBadHost},
        Refusal{"foreign", "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", kForeignHost},
        Refusal{"foreign with the right one inside",
                "GET / HTTP/1.1\r\nHost: vc1.example.com.evil.example\r\n\r\n",
                kForeignHost}));

INSTANTIATE_TEST_SUITE_P(
    Expect,
    AdmissionRefuses,
    testing::Values(
        Refusal{
            "unknown", withHeaders("Expect: 200-ok\r\nContent-Length: 1\r\n", "POST"), kBadExpect},
        Refusal{"two",
                withHeaders("Expect: 100-continue\r\nExpect: 100-continue\r\nContent-Length: 1\r\n",
                            "POST"),
                kBadExpect},
        Refusal{"with more",
                withHeaders("Expect: 100-continue, x\r\nContent-Length: 1\r\n", "POST"),
                kBadExpect}));

TEST(Admission, LetsAVsphereLoginThrough) {
    const auto admitted = admit(
        "POST /sdk HTTP/1.1\r\nHost: VC1.example.com:8443\r\nUser-Agent: govc\r\n"
        "SOAPAction: \"urn:vim25/7.0\"\r\nContent-Length: 12\r\nExpect: 100-Continue\r\n\r\n",
        rules());

    ASSERT_TRUE(admitted) << admitted.error().message();
    EXPECT_EQ(admitted->head.method, "POST");
    EXPECT_EQ(admitted->head.target, "/sdk");
    EXPECT_EQ(admitted->host, "vc1.example.com");
    EXPECT_EQ(admitted->head.body, BodyFraming::ofLength(12));
    EXPECT_TRUE(admitted->keepAlive);
    EXPECT_TRUE(admitted->expectsContinue);
    const HeaderList expected{{"Host", "VC1.example.com:8443"},
                              {"User-Agent", "govc"},
                              {"SOAPAction", "\"urn:vim25/7.0\""}};
    EXPECT_EQ(admitted->head.headers, expected);
}

TEST(Admission, TakesFramingOutOfTheHeaderList) {
    const auto admitted = admit(withHeaders("transfer-encoding: Chunked\r\n", "PUT"), rules());

    ASSERT_TRUE(admitted);
    EXPECT_EQ(admitted->head.body, BodyFraming::chunked());
    EXPECT_EQ(admitted->head.headers.count("Transfer-Encoding"), 0u);
}

TEST(Admission, KeepsADatastorePathAsItIs) {
    const std::string target = "/folder/My%20VM/disk-flat.vmdk?dcPath=%2fDC0&dsName=LocalDS_0";

    const auto admitted = admit(withTarget(target, "PUT"), rules());

    ASSERT_TRUE(admitted) << admitted.error().message();
    EXPECT_EQ(admitted->head.target,
              "/folder/My%20VM/disk-flat.vmdk?dcPath=%2FDC0&dsName=LocalDS_0");
}

TEST(Admission, SpellsOnePathInOneWay) {
    EXPECT_EQ(*canonicalTarget("/%61pi/%7euser/a%c3%a4"), "/api/~user/a%C3%A4");
    EXPECT_EQ(*canonicalTarget("/a/"), "/a/");
    EXPECT_EQ(*canonicalTarget("/"), "/");
    EXPECT_EQ(*canonicalTarget("/a;v=1/b.c/...x"), "/a;v=1/b.c/...x");
    EXPECT_EQ(*canonicalTarget("/100%25"), "/100%25");
}

TEST(Admission, ClosesAfterHttp10AndOnRequest) {
    EXPECT_FALSE(admit("GET / HTTP/1.0\r\nHost: vc1.example.com\r\n\r\n", rules())->keepAlive);
    EXPECT_FALSE(admit(withHeaders("Connection: x, Close\r\n"), rules())->keepAlive);
}

TEST(Admission, OffersOtherTargetFormsOnlyWhenAsked) {
    auto tunnel = rules();
    tunnel.forms = TargetForms::AlsoAuthority;
    EXPECT_TRUE(admit(withTarget("esx1.example.com:443", "CONNECT"), tunnel));
    EXPECT_FALSE(admit(withTarget("esx1.example.com", "CONNECT"), tunnel));
    auto asterisk = rules();
    asterisk.forms = TargetForms::AlsoAsterisk;
    EXPECT_TRUE(admit(withTarget("*", "OPTIONS"), asterisk));
    EXPECT_FALSE(admit(withTarget("*", "GET"), asterisk));
}

TEST(Admission, FindsTheEndOfAHeadHoweverItsLinesEnd) {
    EXPECT_EQ(findHeadEnd("GET / HTTP/1.1\r\n\r\nbody"), 18u);
    EXPECT_EQ(findHeadEnd("GET / HTTP/1.1\n\nbody"), 16u);
    EXPECT_EQ(findHeadEnd("GET / HTTP/1.1\r\n"), 0u);
    EXPECT_EQ(findHeadEnd(""), 0u);
}

TEST(Admission, AgreesWithTheSecondParser) {
    const auto head = withHeaders("Content-Length: 3\r\nX: y\r\n", "POST");
    auto admitted = *admit(head, rules());
    EXPECT_TRUE(RequestBodyParser::create(head, admitted));

    admitted.head.body = BodyFraming::ofLength(4);
    EXPECT_FALSE(RequestBodyParser::create(head, admitted));
    admitted.head.body = BodyFraming::chunked();
    EXPECT_FALSE(RequestBodyParser::create(head, admitted));
}

}  // namespace
}  // namespace pcg::http
