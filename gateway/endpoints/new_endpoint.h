// SPDX-License-Identifier: Apache-2.0
// What somebody says about an endpoint, checked field by field before anything is kept or dialled:
// the data-center admin over the control socket here, the tenant in gateway/remote.
//
// Every error begins with the field's name as the API spells it. Pure functions.
#pragma once

#include "common/codec/json.h"
#include "common/wire/endpoint_form.h"
#include "gateway/errc.h"
#include "gateway/state/endpoints.h"

#include <string>

namespace pcg::gateway {

struct NewEndpoint {
    std::string name;
    std::string kind;
    wire::EndpointAddress address;
    EndpointTrust trust;
    EndpointCredentials credentials;
    std::vector<std::string> tunnels = {};
};

// gateway.bad_field, "field: why".
tl::unexpected<Error> badField(std::string_view field, const std::string& why);

// The JSON reader's error, which names the member, under that code.
template <class T>
Result<T> asField(Result<T> read) {
    if (!read) return fail(errc::kBadField, read.error().message());
    return read;
}

// {"name","kind","url","username","password", and "ca_pem", "pin_sha256" or "ask":true; "tunnels":
// ["HOST:PORT", ...] if there are any}. Tunnels are the data center's to open: what comes from the
// tenant (gateway/remote) has no such member.
Result<NewEndpoint> parseNewEndpoint(const codec::json::Object& json);

// {"name","url","ca_pem","pin_sha256","ask","tunnels"}, at least one.
Result<EndpointChange> parseEndpointChange(const codec::json::Object& json);

Result<EndpointCredentials> parseCredentials(const codec::json::Object& json);

// Whether an endpoint of this kind could take them: a MAAS has an API key of three parts, the user
// name the first two and the password the third. gateway.bad_field.
Result<> checkCredentials(std::string_view kind, const EndpointCredentials& credentials);

// Of the fields that several requests share.
Result<std::string> parseNameField(const codec::json::Object& json);
Result<std::string> parseKind(const std::string& kind);
Result<wire::EndpointAddress> parseAddressField(const codec::json::Object& json,
                                                std::string_view field);
Result<EndpointTrust> trustInCa(std::string pem, std::string_view field);
Result<EndpointTrust> trustInPin(std::string_view text, std::string_view field);
Result<std::string> parseLabel(const codec::json::Object& json);

}  // namespace pcg::gateway
