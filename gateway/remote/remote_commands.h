// SPDX-License-Identifier: Apache-2.0
// The bodies of what the tenant may ask of the gateway itself (docs/protocol/remote.md), read
// strictly. Errors are gateway.bad_field and begin with the member. Pure functions.
#pragma once

#include "common/codec/json.h"
#include "common/wire/endpoint_form.h"
#include "gateway/state/access_keys.h"
#include "gateway/state/endpoints.h"

#include <chrono>
#include <optional>
#include <string>

namespace pcg::gateway::remote {

// Sealed credentials as they came; opened by RemoteGate.
struct SealedBox {
    std::string sealed;  // base64url
    std::string keyId;
};

struct AddEndpoint {
    std::string name;
    std::string kind;
    wire::EndpointAddress address;
    EndpointTrust trust;
    SealedBox credentials;

    // {"name","kind","address","trust","credentials"}
    static Result<AddEndpoint> parse(const codec::json::Object& body);
};

struct UpdateEndpoint {
    std::optional<std::string> name;
    std::optional<wire::EndpointAddress> address;
    std::optional<EndpointTrust> trust;
    std::optional<SealedBox> credentials;

    // Any of {"name","address","trust","credentials"}, at least one. Another name or another
    // address needs newly sealed credentials: a box is for one name, and credentials are for one
    // address. Whether it is another is the caller's to see.
    static Result<UpdateEndpoint> parse(const codec::json::Object& body);
};

// {"sha256"}: the certificate that is approved, 64 hex digits.
Result<std::string> parseApproval(const codec::json::Object& body);

struct MintKey {
    std::string label;
    proxy::Role role;
    std::optional<std::chrono::seconds> expiresIn;

    // {"label"?,"role","expires_in_s"?}
    static Result<MintKey> parse(const codec::json::Object& body);
};

// Who asks, for the audit: what the control plane says of it, cleaned; never a decision.
std::string actorOf(std::string_view header);

// The member that an error of these begins with, "trust.sha256"; empty if it names none.
std::string fieldOf(std::string_view message);

}  // namespace pcg::gateway::remote
