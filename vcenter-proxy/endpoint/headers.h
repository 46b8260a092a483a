// SPDX-License-Identifier: Apache-2.0
// The header fields of a message are written anew on each side of the gateway.
//
// Towards the endpoint from an allow-list: Host is the endpoint's own, Cookie is the mapped one,
// and nothing says where the request came from (X-Forwarded-*, Forwarded). Towards the client
// everything but hop-by-hop fields, cookies and what would bind a browser to the endpoint. Framing
// is not a header here (http/message.h). Pure functions.
#pragma once

#include "common/base/result.h"
#include "common/http/message.h"
#include "vcenter-proxy/endpoint/request_target.h"

#include <string>
#include <string_view>

namespace pcg::proxy {

// Refuses what two servers could understand differently, or what would hide the body from the
// policy: fields that may come once and come twice, Content-Encoding, a SOAP body that is not XML
// in UTF-8, a GET with a body.
Result<> checkRequestHead(Surface surface, const http::RequestHead& head);

http::HeaderList headersForEndpoint(Surface surface,
                                    http::HeaderList from_client,
                                    const std::string& authority,
                                    const std::string& cookies);

// `authority`: the endpoint's; a Location that names it names `client_host` instead, and a Location
// that names a third host is left out, because the client could not go there.
http::HeaderList headersForClient(http::HeaderList from_endpoint,
                                  std::string_view authority,
                                  std::string_view client_host);

}  // namespace pcg::proxy
