// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/endpoint/session_fault.h"

#include "common/base/text.h"

#include <Poco/Exception.h>
#include <Poco/InflatingStream.h>
#include <Poco/MemoryStream.h>

#include <algorithm>
#include <array>

namespace pcg::proxy {
namespace {

constexpr std::size_t kInflatedLimit = 64 * 1024;

std::string inflated(BytesView body) {
    std::string text(kInflatedLimit, '\0');
    try {
        const auto raw = asText(body);
        Poco::MemoryInputStream stream(raw.data(), static_cast<std::streamsize>(raw.size()));
        Poco::InflatingInputStream inflating(stream, Poco::InflatingStreamBuf::STREAM_GZIP);
        inflating.read(text.data(), static_cast<std::streamsize>(text.size()));
        text.resize(static_cast<std::size_t>(std::max<std::streamsize>(inflating.gcount(), 0)));
    } catch (const Poco::Exception&) {
        text.clear();
    }
    return text;
}

// The tag of the first element inside of <detail>. Texts that clients had a hand in are escaped
// there, so that none of them can look like an element.
std::string_view detailOf(std::string_view text) {
    const auto detail = text.find("<detail>");
    if (detail == std::string_view::npos) return {};
    const auto open = text.find('<', detail + 8);
    if (open == std::string_view::npos) return {};
    const auto tag = text.substr(open + 1);
    return tag.substr(0, tag.find('>'));
}

// By its name, or by its schema type: servers differ.
bool isNotAuthenticated(std::string_view tag) {
    auto name = tag.substr(0, tag.find_first_of(" \t\r\n/"));
    if (const auto colon = name.find(':'); colon != std::string_view::npos) {
        name.remove_prefix(colon + 1);
    }
    return name == "NotAuthenticatedFault" ||
           tag.find(":type=\"NotAuthenticated\"") != std::string_view::npos;
}

}  // namespace

bool saysNotAuthenticated(const http::HeaderList& headers, BytesView body) {
    const auto* encoding = headers.find("content-encoding");
    if (encoding == nullptr) return isNotAuthenticated(detailOf(asText(body)));
    if (!equalsIgnoreCaseAscii(*encoding, "gzip")) return false;
    const auto text = inflated(body);
    return isNotAuthenticated(detailOf(text));
}

bool isBoundToSession(const SoapCall& call) {
    constexpr std::array<std::string_view, 8> kGoingOn{"CancelRetrievePropertiesEx",
                                                       "CancelWaitForUpdates",
                                                       "CheckForUpdates",
                                                       "ContinueRetrievePropertiesEx",
                                                       "Logout",
                                                       "SessionIsActive",
                                                       "WaitForUpdates",
                                                       "WaitForUpdatesEx"};
    return call.object.id.starts_with("session[") || call.method.starts_with("HttpNfcLease") ||
           std::find(kGoingOn.begin(), kGoingOn.end(), call.method) != kGoingOn.end();
}

}  // namespace pcg::proxy
