// SPDX-License-Identifier: Apache-2.0
// Lines: the first is what a client sends as Cookie, the others are what an endpoint sets. A jar
// stays within its bounds, and what it sends back is a field that can be sent.
#include "common/base/assert.h"
#include "common/base/text.h"
#include "vcenter-proxy/endpoint/cookies.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace pcg;
    const auto lines = split(asText({data, size}), '\n');
    const http::HeaderList request{{"Cookie", std::string(lines.front())}};
    const auto cookie = proxy::requestCookie(request, proxy::kSessionCookieName);
    if (cookie && *cookie) {
        PCG_ASSERT((*cookie)->find(';') == std::string::npos);
        const http::HeaderList again{{"Cookie", "vmware_soap_session=\"" + **cookie + "\""}};
        PCG_ASSERT(*proxy::requestCookie(again, proxy::kSessionCookieName) == *cookie);
    }
    proxy::CookieJar jar;
    for (const auto line : lines) jar.take({{"Set-Cookie", std::string(line)}});
    PCG_ASSERT(jar.size() <= proxy::CookieJar::kMostCookies);
    for (const char c : jar.header()) PCG_ASSERT(c >= 0x20 && c < 0x7f);
    return 0;
}
