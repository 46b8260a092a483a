// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/endpoint/request_target.h"

#include "common/base/text.h"
#include "vcenter-proxy/endpoint/canonical_path.h"
#include "vcenter-proxy/errc.h"

#include <algorithm>
#include <array>

namespace pcg::proxy {
namespace {

constexpr std::size_t kTargetLimit = 8192;
constexpr std::string_view kFolder = "/folder";
constexpr std::string_view kNfc = "/nfc/";
constexpr std::string_view kGuestFile = "/guestFile/";
constexpr std::string_view kTicket = "/ticket/";

tl::unexpected<Error> bad(std::string why) {
    return fail(errc::kBadTarget, "the request's path is refused: " + std::move(why));
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
    return checkQuery(query);
}

// "vimServiceVersions.xml", "vimService.wsdl", "vim-types.xsd": what describes the interface, and
// is the same for everybody.
bool isVersionsFile(std::string_view path) {
    constexpr std::string_view kRoot = "/sdk/";
    if (!path.starts_with(kRoot)) return false;
    path.remove_prefix(kRoot.size());
    if (path.find('/') != std::string_view::npos) return false;
    if (path.ends_with(".xml")) {
        return path.starts_with("vimService") || path.ends_with("Versions.xml");
    }
    if (path.ends_with(".wsdl")) return path.starts_with("vim");
    return path.ends_with("-types.xsd") || path.ends_with("-messagetypes.xsd");
}

struct SoapDoor {
    std::string_view path;
    Surface surface;
};

constexpr std::array<SoapDoor, 9> kSoapDoors{{{"/sdk", Surface::Soap},
                                              {"/sdk/", Surface::Soap},
                                              {"/sdk/vimService", Surface::Soap},
                                              {"/pbm", Surface::Pbm},
                                              {"/pbm/sdk", Surface::Pbm},
                                              {"/sms", Surface::Sms},
                                              {"/sms/sdk", Surface::Sms},
                                              {"/vslm/sdk", Surface::Vslm},
                                              {"/vsanHealth", Surface::Vsan}}};

Result<> requireMethod(const http::RequestHead& head,
                       std::initializer_list<std::string_view> open) {
    if (std::find(open.begin(), open.end(), head.method) != open.end()) return {};
    return fail(errc::kMethodDenied, "the method is not open for this path");
}

// /nfc/TOKEN/NAME and its kin: the gateway made it up, so there is nothing else that it could be.
Result<RequestTarget> transferTarget(const http::RequestHead& head,
                                     Surface surface,
                                     std::string_view below,
                                     bool has_query) {
    auto parts = split(below, '/');
    if (surface == Surface::Console) parts.emplace_back("console");
    if (has_query || parts.size() != 2 || parts[0].empty() || parts[1].empty()) {
        return fail(errc::kPathDenied, "this path is not open through the gateway");
    }
    if (surface == Surface::Nfc) PCG_TRY(requireMethod(head, {"GET", "PUT", "POST"}));
    if (surface == Surface::GuestFile) PCG_TRY(requireMethod(head, {"GET", "PUT"}));
    if (surface == Surface::Console) PCG_TRY(requireMethod(head, {"GET"}));
    RequestTarget target;
    target.surface = surface;
    target.target = head.target;
    target.transfer_token = std::string(parts[0]);
    target.transfer_name = std::string(parts[1]);
    return target;
}

// What takes neither a query nor an escape.
Result<RequestTarget> plainTarget(const http::RequestHead& head, std::string_view path) {
    const auto door = std::find_if(kSoapDoors.begin(), kSoapDoors.end(), [&](const SoapDoor& one) {
        return one.path == path;
    });
    if (door != kSoapDoors.end()) {
        PCG_TRY(requireMethod(head, {"POST"}));
        return RequestTarget{door->surface, head.target, {}};
    }
    if (isVersionsFile(path)) {
        PCG_TRY(requireMethod(head, {"GET"}));
        return RequestTarget{Surface::Versions, head.target, {}};
    }
    return fail(errc::kPathDenied, "this path is not open through the gateway");
}

}  // namespace

std::string_view surfaceName(Surface surface) {
    switch (surface) {
        case Surface::Soap:
            return "soap";
        case Surface::Pbm:
            return "pbm";
        case Surface::Sms:
            return "sms";
        case Surface::Vslm:
            return "vslm";
        case Surface::Vsan:
            return "vsan";
        case Surface::Versions:
            return "versions";
        case Surface::Folder:
            return "folder";
        case Surface::Maas:
            return "maas";
        case Surface::Rest:
        case Surface::Api:
            return "rest";
        case Surface::LibraryData:
            return "library";
        case Surface::Nfc:
            return "nfc";
        case Surface::GuestFile:
            return "guest_file";
        case Surface::Console:
            return "console";
    }
    return "soap";
}

bool isSoap(Surface surface) {
    return std::any_of(kSoapDoors.begin(), kSoapDoors.end(), [&](const SoapDoor& one) {
        return one.surface == surface;
    });
}

bool isTransfer(Surface surface) {
    return surface == Surface::Nfc || surface == Surface::GuestFile || surface == Surface::Console;
}

bool isRest(Surface surface) { return surface == Surface::Rest || surface == Surface::Api; }

Result<RequestTarget> classifyTarget(const http::RequestHead& head) {
    if (head.target.size() > kTargetLimit) return bad("it is longer than 8 KiB");
    const std::string_view path = head.path();
    const std::string decoded = PCG_TRY(canonicalPath(path));
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
    if (isLibraryDataPath(decoded)) {
        PCG_TRY(requireMethod(head, {"GET", "HEAD", "PUT"}));
        if (has_query) PCG_TRY(checkQuery(query));
        return RequestTarget{Surface::LibraryData, head.target, libraryDataName(decoded)};
    }
    if (isRestPath(decoded)) {
        auto call = PCG_TRY(parseRestCall(head, decoded));
        const auto surface = call.door == RestDoor::Api ? Surface::Api : Surface::Rest;
        return RequestTarget{surface, head.target, {}, std::move(call)};
    }
    const std::string_view whole = decoded;
    if (whole.starts_with(kNfc))
        return transferTarget(head, Surface::Nfc, whole.substr(kNfc.size()), has_query);
    if (whole.starts_with(kGuestFile))
        return transferTarget(head, Surface::GuestFile, whole.substr(kGuestFile.size()), has_query);
    if (whole.starts_with(kTicket))
        return transferTarget(head, Surface::Console, whole.substr(kTicket.size()), has_query);
    // No other door takes a query or needs an escape.
    if (!has_query && decoded == path) return plainTarget(head, path);
    return fail(errc::kPathDenied, "this path is not open through the gateway");
}

}  // namespace pcg::proxy
