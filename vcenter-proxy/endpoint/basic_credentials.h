// SPDX-License-Identifier: Apache-2.0
// The access key of a client that shows it in a header field: Basic credentials (RFC 7617).
#pragma once

#include "common/base/result.h"
#include "common/base/secret.h"
#include "common/http/message.h"

#include <string>
#include <string_view>

namespace pcg::proxy {

struct BasicCredentials {
    std::string username;
    Secret password;
};

// `field`: "Authorization" or "Proxy-Authorization", which must be there once. errc::kInvalidLogin.
Result<BasicCredentials> basicCredentials(const http::HeaderList& headers, std::string_view field);

}  // namespace pcg::proxy
