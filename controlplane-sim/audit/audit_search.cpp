// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/audit/audit_search.h"

#include "controlplane-sim/audit/audit_blocks.h"
#include "controlplane-sim/audit/audit_codec.h"

#include <algorithm>
#include <limits>

namespace pcg::controlplane {
namespace {

// Placeholders of one statement; termsOf(AuditFilter) has no more.
constexpr std::size_t kMaxTerms = 8;
constexpr int kGroupsAtOnce = 8;

std::vector<std::uint16_t> offsetsOf(const Bytes& hits) {
    std::vector<std::uint16_t> offsets(hits.size() / 2);
    for (std::size_t i = 0; i < offsets.size(); ++i)
        offsets[i] = static_cast<std::uint16_t>(hits[2 * i] | hits[2 * i + 1] << 8);
    return offsets;
}

}  // namespace

Result<AuditStore::Page> AuditSearch::run(std::optional<std::uint64_t> before, std::size_t limit) {
    limit_ = limit;
    before_ =
        before ? static_cast<std::int64_t>(*before) : std::numeric_limits<std::int64_t>::max();
    const auto from =
        filter_.from ? toUnixMilliseconds(*filter_.from) : std::numeric_limits<std::int64_t>::min();
    const auto to =
        filter_.to ? toUnixMilliseconds(*filter_.to) : std::numeric_limits<std::int64_t>::max();
    for (;;) {
        const auto blocks = PCG_TRY(database_.query(
            "SELECT first_seq, rows, key_epoch FROM audit_blocks WHERE tenant_id = ? AND first_seq "
            "< ? AND max_at_ms >= ? AND min_at_ms < ? ORDER BY first_seq DESC LIMIT ?",
            {tenant_, before_, from, to, kBlocksAtOnce}));
        for (const auto& block : blocks) {
            PCG_TRY(lookInto(block.integer(0), block.integer(1), block.integer(2)));
            if (isFull()) {
                page_.next = static_cast<std::uint64_t>(before_);
                return std::move(page_);
            }
            before_ = block.integer(0);
        }
        if (blocks.size() < kBlocksAtOnce) return std::move(page_);
    }
}

Result<std::optional<std::vector<std::uint16_t>>> AuditSearch::candidates(std::int64_t block,
                                                                          std::int64_t epoch) {
    if (terms_.empty()) return std::nullopt;
    auto& keys = termsOfEpoch_[epoch];
    if (keys.empty()) {
        for (const auto& term : terms_)
            keys.push_back(PCG_TRY(vault_.term(epoch, term.field, term.text)));
        std::sort(keys.begin(), keys.end());
        keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    }
    const auto at = [&keys](std::size_t i) { return keys[std::min(i, keys.size() - 1)]; };
    static_assert(kMaxTerms == 8);
    const auto rows = PCG_TRY(database_.query(
        "SELECT hits FROM audit_terms WHERE tenant_id = ? AND block = ? AND term IN "
        "(?, ?, ?, ?, ?, ?, ?, ?) ORDER BY length(hits)",
        {tenant_, block, at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7)}));
    std::vector<std::uint16_t> found;
    if (rows.size() < keys.size()) return found;
    found = offsetsOf(rows.front().blob(0));
    for (std::size_t i = 1; i < rows.size(); ++i) {
        const auto more = offsetsOf(rows[i].blob(0));
        std::vector<std::uint16_t> both;
        std::set_intersection(
            found.begin(), found.end(), more.begin(), more.end(), std::back_inserter(both));
        found = std::move(both);
    }
    return found;
}

Result<> AuditSearch::lookInto(std::int64_t block, std::int64_t rows, std::int64_t epoch) {
    const auto offsets = PCG_TRY(candidates(block, epoch));
    auto left = offsets ? static_cast<std::int64_t>(offsets->size()) : rows;
    while (left > 0 && !isFull()) {
        --left;
        const auto seq = block + (offsets ? (*offsets)[static_cast<std::size_t>(left)] : left);
        below_.reset();
        if (seq < before_) PCG_TRY(consider(seq));
        if (below_ && !offsets) left = std::clamp<std::int64_t>(*below_ - block + 1, 0, left);
    }
    return {};
}

Result<> AuditSearch::consider(std::int64_t seq) {
    const auto* event = PCG_TRY(rowAt(seq));
    before_ = seq;
    if (event == nullptr || !matches(filter_, *event)) return {};
    page_.rows.push_back({static_cast<std::uint64_t>(seq), *event});
    return {};
}

// Null when retention has removed it.
Result<const AuditEvent*> AuditSearch::rowAt(std::int64_t seq) {
    ++considered_;
    if (isExhausted_) return nullptr;
    const auto isOpen = [&] {
        return seq >= openFirst_ && seq < openFirst_ + static_cast<std::int64_t>(open_.size());
    };
    if (!isOpen()) {
        if (fetched_.empty() || seq < fetched_.back().first) PCG_TRY(fetchGroups(seq));
        const auto group = std::find_if(
            fetched_.begin(), fetched_.end(), [seq](const Group& one) { return one.first <= seq; });
        if (group == fetched_.end()) return nullptr;
        if (seq >= group->first + group->rows) {
            below_ = group->first + group->rows - 1;
            return nullptr;
        }
        ++opened_;
        open_ = PCG_TRY(
            decodeRows(PCG_TRY(vault_.open(AuditBlocks::cellOf(group->first), group->sealed))));
        openFirst_ = group->first;
        if (!isOpen()) return nullptr;
    }
    return &open_[static_cast<std::size_t>(seq - openFirst_)];
}

Result<> AuditSearch::fetchGroups(std::int64_t seq) {
    fetched_.clear();
    const auto rows = PCG_TRY(
        database_.query("SELECT first_seq, rows, sealed FROM audit_groups WHERE tenant_id = ? AND "
                        "first_seq <= ? ORDER BY first_seq DESC LIMIT ?",
                        {tenant_, seq, terms_.empty() ? kGroupsAtOnce : 1}));
    for (const auto& row : rows) fetched_.push_back({row.integer(0), row.integer(1), row.blob(2)});
    isExhausted_ = fetched_.empty();
    return {};
}

}  // namespace pcg::controlplane
