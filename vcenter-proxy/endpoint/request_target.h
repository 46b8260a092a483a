// SPDX-License-Identifier: Apache-2.0
// Which door of a vCenter a request knocks at. Everything that is not named here is denied.
#pragma once

#include "common/base/result.h"
#include "common/http/message.h"
#include "vcenter-proxy/endpoint/rest_target.h"

#include <optional>
#include <string>
#include <string_view>

namespace pcg::proxy {

enum class Surface {
    Soap,         // POST /sdk
    Pbm,          // POST /pbm, /pbm/sdk: storage policies, SOAP too
    Sms,          // POST /sms/sdk: storage providers, SOAP too
    Vslm,         // POST /vslm/sdk: first class disks, SOAP too
    Vsan,         // POST /vsanHealth: SOAP too
    Versions,     // GET /sdk/vimServiceVersions.xml, /sdk/vimService.wsdl and their kin
    Maas,         // /MAAS/api/2.0/: endpoint/maas/request.h
    Folder,       // GET, HEAD, PUT /folder/...: files of datastores
    Rest,         // /rest/...
    Api,          // /api/...
    LibraryData,  // GET, HEAD, PUT /cls/data/...: files of the content library
    Nfc,          // GET, PUT, POST /nfc/TOKEN/NAME: devices of a lease, where the gateway said so
    GuestFile,    // GET, PUT /guestFile/TOKEN/NAME: a file of a guest, the same
    Console,      // GET /ticket/TOKEN: a machine's console, as a WebSocket, the same
};

std::string_view surfaceName(Surface surface);

// One SOAP envelope each way.
bool isSoap(Surface surface);

// What a token of the gateway's leads to; RequestTarget::transfer_token is there.
bool isTransfer(Surface surface);

// JSON; RequestTarget::rest is there.
bool isRest(Surface surface);

struct RequestTarget {
    Surface surface = Surface::Soap;
    std::string target;  // what is matched, and what is sent
    // Decoded; below /folder/. Of LibraryData "cls/data/...", whichever path it has.
    std::string folder_path;
    std::optional<RestCall> rest = {};
    std::string transfer_token = {};  // of isTransfer()
    std::string transfer_name = {};
};

// errc::kBadTarget for what no client means (dot segments, encoded slashes); errc::kPathDenied and
// errc::kMethodDenied for what is not open. Paths compare with case.
Result<RequestTarget> classifyTarget(const http::RequestHead& head);

}  // namespace pcg::proxy
