// SPDX-License-Identifier: Apache-2.0
// What the gateway tells the control plane of itself: its endpoints and how they fare, the key that
// credentials may be sealed to, and what the data center lets the tenant do. No secret passes here.
#pragma once

#include "common/codec/json.h"
#include "common/wire/ids.h"
#include "gateway/state/remote_access.h"

#include <optional>
#include <string>
#include <vector>

namespace pcg::gateway {

struct CertificateFacts {
    std::string sha256;  // 64 hex digits
    std::string subject;
    std::string issuer;
    std::string notBefore;  // RFC 3339
    std::string notAfter;

    // From DER; texts are cut and cleaned, for they come from whoever answered.
    static std::optional<CertificateFacts> of(BytesView der);

    friend bool operator==(const CertificateFacts&, const CertificateFacts&) = default;
};

struct InventoryItem {
    wire::EndpointId id;
    std::string name;
    std::string kind;                                  // "vcenter"
    std::string state;                                 // endpointStateName()
    std::string why;                                   // a sentence; empty when all is well
    std::string target;                                // "vc1.example.com:443"
    std::optional<CertificateFacts> certificate = {};  // the trusted one, as last seen
    std::optional<CertificateFacts> presented = {};    // when another one is shown
    std::string checkedAt = {};                        // RFC 3339; empty before the first look

    friend bool operator==(const InventoryItem&, const InventoryItem&) = default;
};

struct SealingFacts {
    std::string publicKey;  // base64url, as are the others
    std::string signature;

    friend bool operator==(const SealingFacts&, const SealingFacts&) = default;
};

struct Inventory {
    std::vector<InventoryItem> endpoints;
    std::optional<SealingFacts> sealing;
    RemoteAccess remote;

    friend bool operator==(const Inventory&, const Inventory&) = default;
};

codec::json::Object toJson(const InventoryItem& item);
codec::json::Object toJson(const RemoteAccess& remote);
codec::json::Object toJson(const Inventory& inventory);

}  // namespace pcg::gateway
