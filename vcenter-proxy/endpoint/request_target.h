// SPDX-License-Identifier: Apache-2.0
// Which door of a vCenter a request knocks at. Everything that is not named here is denied.
#pragma once

#include "common/base/result.h"
#include "common/http/message.h"

#include <string>
#include <string_view>

namespace pcg::proxy {

enum class Surface {
    Soap,      // POST /sdk
    Pbm,       // POST /pbm, /pbm/sdk: storage policies, SOAP too
    Versions,  // GET /sdk/vimServiceVersions.xml and its kin
    Maas,      // /MAAS/api/2.0/: endpoint/maas/request.h
    Folder     // GET, HEAD, PUT /folder/...: files of datastores
};

std::string_view surfaceName(Surface surface);

struct RequestTarget {
    Surface surface = Surface::Soap;
    std::string target;       // what is matched, and what is sent
    std::string folder_path;  // decoded; below /folder/
};

// errc::kBadTarget for what no client means (dot segments, encoded slashes); errc::kPathDenied and
// errc::kMethodDenied for what is not open. Paths compare with case.
Result<RequestTarget> classifyTarget(const http::RequestHead& head);

}  // namespace pcg::proxy
