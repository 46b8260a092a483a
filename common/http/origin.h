// SPDX-License-Identifier: Apache-2.0
// An https origin written as text, and a caller to it over the one dialer: what pairing, renewal
// and the tenant's command line need of the control plane's address.
#pragma once

#include "common/http/client.h"
#include "common/net/connect.h"
#include "common/net/tls_context.h"

#include <memory>
#include <optional>
#include <string_view>

namespace pcg::http {

// "https://host:port" with nothing behind it but a "/"; the port may be left out (443). http.origin
Result<net::Target> parseHttpsOrigin(std::string_view url);

// The caller keeps the loop's reference; `identity` is the client certificate, if one is to be
// shown.
Result<std::shared_ptr<Caller>> httpsCaller(
    net::Loop& loop,
    const net::Target& target,
    net::Trust trust,
    std::optional<net::CertificateAndKey> identity = std::nullopt);

}  // namespace pcg::http
