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

// Ask: nobody has said yet whom to trust; the certificate that the endpoint shows waits for a
// person.
enum class TrustKind { Ca, Pin, Ask };

struct EndpointTrust {
    TrustKind kind = TrustKind::Ca;
    std::string
        anchor;  // PEM; or the SHA-256 of the leaf's DER, 64 lower-case hex digits; or empty

    friend bool operator==(const EndpointTrust&, const EndpointTrust&) = default;
};

struct EndpointRecord {
    wire::EndpointId id;
    std::string name;
    std::string kind;  // "vcenter" or "maas"
    std::string url;   // "https://vc1.example.com"
    EndpointTrust trust;
    Bytes certificate = {};  // DER of the leaf when it was last trusted; empty before that
    std::vector<std::string> tunnels = {};  // where tunnels may lead, proxy::TunnelTarget::text()
};

struct EndpointCredentials {
    Secret username;
    Secret password;
};

// As they are kept: sealed for this address, and opened for no other.
struct HeldCredentials : EndpointCredentials {
    std::string url;
    store::Scope scope;
};

// What tells an endpoint from another to whoever seals credentials for it.
struct EndpointIdentity {
    std::string name;
    std::string kind;
    std::string url;

    static EndpointIdentity of(const EndpointRecord& record) {
        return {record.name, record.kind, record.url};
    }

    friend bool operator==(const EndpointIdentity&, const EndpointIdentity&) = default;
};

// What is not set stays.
struct EndpointChange {
    // What the endpoint was when this change was found good. Another request may have made it
    // another one since; then nothing is changed.
    std::optional<EndpointIdentity> checkedAgainst = {};
    std::optional<std::string> name = {};
    std::optional<std::string> url = {};
    std::optional<EndpointTrust> trust = {};
    std::optional<EndpointCredentials> credentials = {};
    std::optional<std::vector<std::string>> tunnels = {};
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

// gateway.no_such_endpoint; store.seal_broken when they were sealed for another address.
Result<HeldCredentials> endpointCredentials(Storage storage, const wire::EndpointId& id);
Result<> replaceCredentials(Storage storage,
                            const store::Scope& scope,
                            const wire::EndpointId& id,
                            const EndpointCredentials& credentials);

// Rows of earlier versions, whose credentials were sealed for an endpoint at whatever address:
// seals them anew for the address that is kept with them. What does not open is left, and opens
// never. Once, when the storage is opened.
Result<> bindEarlierCredentials(Storage storage);

// All of it or nothing; the record as it is then. gateway.no_such_endpoint, gateway.name_taken,
// gateway.changed_meanwhile. Another address or another trust forgets the certificate. Credentials
// that are kept and not changed go with the address: whether they may is the caller's to know.
Result<EndpointRecord> changeEndpoint(Storage storage,
                                      const store::Scope& scope,
                                      const wire::EndpointId& id,
                                      const EndpointChange& change);

// The endpoint showed this certificate (DER), and it is trusted.
Result<> rememberCertificate(Storage storage, const wire::EndpointId& id, BytesView certificate);

}  // namespace pcg::gateway
