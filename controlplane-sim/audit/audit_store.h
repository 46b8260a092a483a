// SPDX-License-Identifier: Apache-2.0
// The audit of the tenants, sealed, and still searched fast in a million rows.
//
// Rows have consecutive numbers within their tenant. Up to 64 of them are sealed together (a
// group), up to 4096 make a block. A block knows the times it spans and, for each term that occurs
// in it, under a blind index, at which rows: a search intersects these lists block by block, from
// the newest, and opens the groups that remain. Rows leave at the old end, in whole groups and
// blocks; when there are too many, those that came with traffic leave first, so that nobody can
// push out what was decided by calling often. Storage thread.
#pragma once

#include "common/base/result.h"
#include "common/store/database.h"
#include "controlplane-sim/audit/audit_terms.h"
#include "controlplane-sim/tenancy/tenant_scope.h"

#include <chrono>
#include <span>
#include <string_view>
#include <vector>

namespace pcg::controlplane {

inline constexpr std::size_t kAuditGroupRows = 64;
inline constexpr std::size_t kAuditBlockRows = 4096;

// All hold; numbers up to a block. `rows` are the newest, of every kind; `older` is how many of
// those before them are kept that did not come with traffic (isTraffic()).
struct AuditRetention {
    std::chrono::days age{365};
    std::uint64_t rows = 2'000'000;
    std::uint64_t older = 500'000;
};

const std::vector<std::string_view>& auditSchema();
const std::vector<std::string_view>& auditThinningSchema();

class AuditStore {
  public:
    explicit AuditStore(store::Database& database) : database_(database) {}

    // Inside the caller's transaction, before which TenantVault::prepare() was called.
    Result<> append(const TenantScope& scope, std::span<const AuditEvent> events);

    struct Page {
        std::vector<AuditRow> rows;         // the newest first
        std::optional<std::uint64_t> next;  // go on before this row; nothing: there are no more
    };

    // At most `limit` rows older than `before`. Looks at a bounded number of rows: a page may hold
    // fewer, even none, and still have a next.
    Result<Page> page(const TenantScope& scope,
                      const AuditFilter& filter,
                      std::optional<std::uint64_t> before,
                      std::size_t limit);

    Result<std::uint64_t> count(const TenantScope& scope);

    // One bounded step; false when nothing was left to do. The number of the last row is kept.
    Result<bool> retain(const TenantScope& scope, const AuditRetention& keep, WallTime now);
    Result<bool> forgetSome(const TenantScope& scope);  // everything, step by step

    // Brings one block under the tenant's newest key (KeyRotation).
    Result<bool> reseal(const TenantScope& scope);

  private:
    Result<bool> thin(const TenantScope& scope, std::int64_t first, bool isKept);

    store::Database& database_;
};

}  // namespace pcg::controlplane
