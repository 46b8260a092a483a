// SPDX-License-Identifier: Apache-2.0
// One page out of the audit: candidates from the terms of each block, newest first, then the rows
// themselves. Storage thread, within one job.
#pragma once

#include "controlplane-sim/audit/audit_store.h"
#include "controlplane-sim/tenancy/tenant_vault.h"

#include <map>

namespace pcg::controlplane {

class AuditSearch {
  public:
    AuditSearch(store::Database& database, const TenantScope& scope, const AuditFilter& filter)
        : database_(database),
          tenant_(scope.tenant().text()),
          vault_(database, scope),
          filter_(filter),
          terms_(termsOf(filter)) {}

    Result<AuditStore::Page> run(std::optional<std::uint64_t> before, std::size_t limit);

  private:
    struct Group {
        std::int64_t first;
        std::int64_t rows;
        Bytes sealed;
    };

    // Offsets of the rows that may match, ascending; nothing: every row may.
    Result<std::optional<std::vector<std::uint16_t>>> candidates(std::int64_t block,
                                                                 std::int64_t epoch);
    Result<> lookInto(std::int64_t block, std::int64_t rows, std::int64_t epoch);
    Result<> consider(std::int64_t seq);
    Result<const AuditEvent*> rowAt(std::int64_t seq);
    Result<> fetchGroups(std::int64_t seq);

    bool isFull() const {
        return page_.rows.size() >= limit_ || opened_ >= kGroupsOpened ||
               considered_ >= kConsidered;
    }

    // What one page may cost, in one job of a thread that all tenants share.
    static constexpr std::size_t kGroupsOpened = 100;
    static constexpr std::size_t kConsidered = 10'000;
    static constexpr std::int64_t kBlocksAtOnce = 64;

    store::Database& database_;
    std::string tenant_;
    TenantVault vault_;
    const AuditFilter& filter_;
    std::vector<AuditTerm> terms_;
    std::map<std::int64_t, std::vector<std::int64_t>> termsOfEpoch_;

    AuditStore::Page page_;
    std::size_t limit_ = 0;
    std::size_t opened_ = 0;
    std::size_t considered_ = 0;
    std::optional<std::int64_t> below_;  // of a row that is not there: the next one that may be
    bool isExhausted_ = false;           // no group is older than what was looked at
    std::int64_t before_ = 0;
    std::vector<Group> fetched_;  // the newest first
    std::int64_t openFirst_ = 0;
    std::vector<AuditEvent> open_;
};

}  // namespace pcg::controlplane
