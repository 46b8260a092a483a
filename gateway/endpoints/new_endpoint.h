// SPDX-License-Identifier: Apache-2.0
// What a data-center admin says about an endpoint, checked field by field before anything is kept
// or dialled.
//
// Every error begins with the field's name as the control API spells it. Pure functions.
#pragma once

#include "common/codec/json.h"
#include "common/net/connect.h"
#include "gateway/state/endpoints.h"

#include <string>

namespace pcg::gateway {

struct NewEndpoint {
    std::string name;
    std::string kind;
    std::string url;  // "https://host[:port]"
    net::Target target;
    EndpointTrust trust;
    EndpointCredentials credentials;
};

// {"name","kind","url","username","password", and "ca_pem" or "pin_sha256"}; gateway.bad_field.
Result<NewEndpoint> parseNewEndpoint(const codec::json::Object& json);

Result<EndpointCredentials> parseCredentials(const codec::json::Object& json);

// The form of a name: 1 to 63 of a-z 0-9 . - _, beginning with a letter or digit; upper case is
// taken as lower.
Result<std::string> parseEndpointName(std::string_view text);

}  // namespace pcg::gateway
