// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/endpoint/request_target.h"

#include "common/base/text.h"
#include "vcenter-proxy/errc.h"

#include <algorithm>
#include <array>

namespace pcg::proxy {
namespace {

constexpr std::size_t kTargetLimit = 8192;
constexpr std::string_view kFolder = "/folder";

tl::unexpected<Error> bad(std::string why) {
    return fail(errc::kBadTarget, "the request's path is refused: " + std::move(why));
}

// Decodes every escape. Escapes of slashes, backslashes, dots, percent signs and control characters
// have no single meaning along a chain of servers, and none is needed to name a file.
Result<std::string> decodePath(std::string_view path) {
    std::string decoded;
    decoded.reserve(path.size());
    for (std::size_t at = 0; at < path.size(); ++at) {
        const char c = path[at];
        if (c <= 0x20 || c >= 0x7f || c == '\\' || c == '#') return bad("it has a raw character");
        if (c != '%') {
            decoded += c;
            continue;
        }
        const auto octet = fromHex(path.substr(at + 1, 2));
        if (!octet || octet->size() != 1) return bad("it has a broken escape");
        const std::uint8_t value = octet->front();
        if (value < 0x20 || value == 0x7f || value == '/' || value == '\\' || value == '.' ||
            value == '%') {
            return bad("it escapes a character that must not be escaped");
        }
        decoded += static_cast<char>(value);
        at += 2;
    }
    return decoded;
}

Result<> checkSegments(std::string_view path) {
    if (path.empty() || path.front() != '/') return bad("it does not start with a slash");
    const auto segments = split(path.substr(1), '/');
    for (std::size_t i = 0; i < segments.size(); ++i) {
        if (segments[i] == "." || segments[i] == "..") return bad("it has a dot segment");
        if (segments[i].empty() && i + 1 < segments.size()) return bad("it has an empty segment");
        if (segments[i].find(';') != std::string_view::npos) return bad("it has a path parameter");
    }
    return {};
}

// dcPath and dsName, each once: what a datastore URL has.
Result<> checkFolderQuery(std::string_view query) {
    std::array<std::string_view, 2> open{"dcPath", "dsName"};
    for (const auto pair : split(query, '&')) {
        const auto name = pair.substr(0, pair.find('='));
        const auto found = std::find(open.begin(), open.end(), name);
        if (name.empty() || found == open.end()) {
            return bad("the query of a file may have dcPath and dsName, once each");
        }
        *found = {};
    }
    const bool clean = std::all_of(query.begin(), query.end(), [](char c) {
        return c > 0x20 && c < 0x7f && c != '#' && c != '\\';
    });
    if (!clean) return bad("the query has a raw character");
    return {};
}

bool isVersionsFile(std::string_view path) {
    constexpr std::string_view kRoot = "/sdk/";
    if (!path.starts_with(kRoot)) return false;
    path.remove_prefix(kRoot.size());
    if (path.find('/') != std::string_view::npos || !path.ends_with(".xml")) return false;
    return path.starts_with("vimService") || path.ends_with("Versions.xml");
}

bool isSoapPath(std::string_view path) {
    return path == "/sdk" || path == "/sdk/" || path == "/sdk/vimService";
}

bool isPbmPath(std::string_view path) { return path == "/pbm" || path == "/pbm/sdk"; }

Result<> requireMethod(const http::RequestHead& head,
                       std::initializer_list<std::string_view> open) {
    if (std::find(open.begin(), open.end(), head.method) != open.end()) return {};
    return fail(errc::kMethodDenied, "the method is not open for this path");
}

}  // namespace

std::string_view surfaceName(Surface surface) {
    switch (surface) {
        case Surface::Soap:
            return "soap";
        case Surface::Pbm:
            return "pbm";
        case Surface::Versions:
            return "versions";
        case Surface::Folder:
            return "folder";
        case Surface::Maas:
            return "maas";
    }
    return "soap";
}

Result<RequestTarget> classifyTarget(const http::RequestHead& head) {
    if (head.target.size() > kTargetLimit) return bad("it is longer than 8 KiB");
    const std::string_view path = head.path();
    const std::string decoded = PCG_TRY(decodePath(path));
    PCG_TRY(checkSegments(decoded));
    const bool has_query = path.size() < head.target.size();
    const std::string_view query =
        has_query ? std::string_view(head.target).substr(path.size() + 1) : std::string_view();

    if (decoded == kFolder || decoded.starts_with("/folder/")) {
        PCG_TRY(requireMethod(head, {"GET", "HEAD", "PUT"}));
        if (has_query) PCG_TRY(checkFolderQuery(query));
        return RequestTarget{Surface::Folder,
                             head.target,
                             decoded.substr(std::min(decoded.size(), kFolder.size() + 1))};
    }
    // No other door takes a query or needs an escape.
    if (!has_query && decoded == path) {
        if (isSoapPath(path)) {
            PCG_TRY(requireMethod(head, {"POST"}));
            return RequestTarget{Surface::Soap, head.target, {}};
        }
        if (isPbmPath(path)) {
            PCG_TRY(requireMethod(head, {"POST"}));
            return RequestTarget{Surface::Pbm, head.target, {}};
        }
        if (isVersionsFile(path)) {
            PCG_TRY(requireMethod(head, {"GET"}));
            return RequestTarget{Surface::Versions, head.target, {}};
        }
    }
    return fail(errc::kPathDenied, "this path is not open through the gateway");
}

}  // namespace pcg::proxy
