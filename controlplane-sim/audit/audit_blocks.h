// SPDX-License-Identifier: Apache-2.0
// How the audit is laid out in its tables; see audit_store.h. Storage thread, within one job.
#pragma once

#include "controlplane-sim/audit/audit_event.h"
#include "controlplane-sim/audit/audit_store.h"
#include "controlplane-sim/tenancy/tenant_vault.h"

#include <span>
#include <vector>

namespace pcg::controlplane {

class AuditBlocks {
  public:
    struct Block {
        std::int64_t first = 1;
        std::size_t rows = 0;
        std::int64_t epoch = 0;
    };

    AuditBlocks(store::Database& database, const TenantScope& scope)
        : database_(database), tenant_(scope.tenant().text()), vault_(database, scope) {}

    // The block that the next row goes to, which is a new one when the last is full or under an
    // older key.
    Result<Block> writable();

    // No more than there is room for. Inside a transaction.
    Result<> append(const Block& block, std::span<const AuditEvent> events);

    Result<> remove(std::int64_t first, std::int64_t rows);

    // Leaves of a full block what did not come with traffic. Inside a transaction.
    Result<> thin(std::int64_t first, std::int64_t rows);
    Result<bool> resealOne();

    static store::Cell cellOf(std::int64_t first) {
        return {"audit_groups", std::to_string(first), "sealed"};
    }

  private:
    // Rows of consecutive numbers.
    struct Run {
        std::int64_t first;
        std::vector<AuditEvent> events;
    };

    Result<> writeGroups(std::int64_t first, std::span<const AuditEvent> events);
    Result<> writeTerms(const Block& block,
                        const std::vector<std::pair<std::int64_t, const AuditEvent*>>& rows);
    Result<std::size_t> rewrite(const Block& block, bool isThinned);

    store::Database& database_;
    std::string tenant_;
    TenantVault vault_;
};

}  // namespace pcg::controlplane
