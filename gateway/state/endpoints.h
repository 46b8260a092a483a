// SPDX-License-Identifier: Apache-2.0
// The endpoints as they are kept: what a data-center admin registered, with the credentials sealed.
//
// Storage thread. Credentials go in and come out for a Login only; nothing lists them.
#pragma once

#include "common/base/secret.h"
#include "common/wire/ids.h"
#include "gateway/state/state_store.h"

#include <optional>
#include <string>
#include <vector>

namespace pcg::gateway {

enum class TrustKind { Ca, Pin };

struct EndpointTrust {
    TrustKind kind = TrustKind::Ca;
    std::string anchor;  // PEM, or 64 lower-case hex digits: the SHA-256 of the leaf's DER

    friend bool operator==(const EndpointTrust&, const EndpointTrust&) = default;
};

struct EndpointRecord {
    wire::EndpointId id;
    std::string name;
    std::string kind;  // "vcenter"
    std::string url;   // "https://vc1.example.com"
    EndpointTrust trust;
};

struct EndpointCredentials {
    Secret username;
    Secret password;
};

inline constexpr std::size_t kMaxEndpoints = 64;

// gateway.name_taken (names compare without case), gateway.too_many.
Result<EndpointRecord> addEndpoint(Storage storage,
                                   const store::Scope& scope,
                                   EndpointRecord record,
                                   const EndpointCredentials& credentials);

Result<std::vector<EndpointRecord>> listEndpoints(Storage storage);

// Its access keys go with it.
Result<> removeEndpoint(Storage storage, const wire::EndpointId& id);

// Those that were registered for another tenant or epoch than `now`; returns whose they were. What
// was registered before any pairing stays.
Result<std::vector<store::Scope>> removeEndpointsOfOthers(Storage storage, const store::Scope& now);

// gateway.no_such_endpoint
Result<EndpointCredentials> endpointCredentials(Storage storage, const wire::EndpointId& id);
Result<> replaceCredentials(Storage storage,
                            const store::Scope& scope,
                            const wire::EndpointId& id,
                            const EndpointCredentials& credentials);

}  // namespace pcg::gateway
