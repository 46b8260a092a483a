// SPDX-License-Identifier: Apache-2.0
// A tenant's own keys over what is stored for it: names, reasons, specifications, the audit's text.
//
// A tenant has a 256-bit key of its own under the root key; there are two for as long as a rotation
// lasts (key_rotation.h), and none after the tenant left, which makes every copy of its rows
// unreadable. A sealed text opens in its own cell only. What must be found by equality has a blind
// index beside it: HMAC-SHA256 under the tenant's index key, which tells equal from unequal and
// nothing else. Made on the spot with the scope that proves who asks. Storage thread.
#pragma once

#include "common/store/envelope.h"
#include "controlplane-sim/tenancy/tenant_scope.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pcg::controlplane {

class TenantVault {
  public:
    // The database's envelope must be there.
    TenantVault(store::Database& database, const TenantScope& scope);

    // Makes the tenant's first keys; to be called before a transaction in which something is
    // sealed. tenancy.not_found for a tenant that is not there, or leaves.
    Result<> prepare();

    // The same for a tenant whose row is about to be written.
    Result<> prepareNew();

    Result<Bytes> seal(const store::Cell& cell, std::string_view text);
    Result<std::string> open(const store::Cell& cell, BytesView sealed) const;
    Result<Secret> openSecret(const store::Cell& cell, BytesView sealed) const;

    // What stands beside a sealed text now, and what stood there before a rotation that is under
    // way (the same otherwise): for "IN (?, ?)". As text: a column that was plain once may hold it.
    struct Index {
        std::string newest;
        std::string older;
    };

    Result<Index> index(std::string_view field, std::string_view text) const;

    // 64 bits of it, for long lists; whoever finds by it compares the opened text.
    Result<std::int64_t> term(std::int64_t epoch,
                              std::string_view field,
                              std::string_view text) const;

    // The generation of keys that seal now; the older one beside it while a rotation is under way.
    std::int64_t epoch() const;
    std::vector<std::int64_t> epochs() const;

  private:
    friend class KeyRotation;

    Result<crypto::Digest256> mac(const store::Scope& scope,
                                  std::string_view field,
                                  std::string_view text) const;

    store::Database& database_;
    store::Envelope& envelope_;
    wire::TenantId tenant_;
};

// Secrets of a tenant by name (the seeds of its bus account), under the tenant's own key. What an
// earlier version kept under the platform's is moved when it is asked for.
class TenantSecrets {
  public:
    TenantSecrets(store::Database& database, const TenantScope& scope)
        : database_(database), scope_(scope) {}

    Result<std::optional<Secret>> get(const std::string& name);
    Result<> put(const std::string& name, const Secret& value);

  private:
    store::Database& database_;
    TenantScope scope_;
};

}  // namespace pcg::controlplane
