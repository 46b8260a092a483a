// SPDX-License-Identifier: Apache-2.0
#include "gateway/state/audit_chain.h"

#include "common/base/text.h"
#include "gateway/errc.h"

#include <algorithm>
#include <charconv>

namespace pcg::gateway {
namespace {

namespace json = codec::json;

constexpr std::string_view kLateLines =
    "There are lines without a place although the chain had begun: they were put in.";
constexpr int kMostBeginnings = 5;
constexpr std::size_t kMaxKeptText = kMaxKeptHeads * 128;

template <std::size_t N>
ByteArray<N> bigEndian(std::uint64_t number) {
    ByteArray<N> octets{};
    for (std::size_t i = 0; i < N; ++i)
        octets[N - 1 - i] = static_cast<std::uint8_t>(number >> (8 * i));
    return octets;
}

crypto::Digest256 digestOf(const AuditLine& line) {
    crypto::Sha256 digest;
    for (const auto part : {line.at, line.event, line.data})
        digest.update(bigEndian<4>(part.size())).update(part);
    return digest.finish();
}

std::optional<crypto::Digest256> digestFrom(BytesView octets) {
    crypto::Digest256 digest{};
    if (octets.size() != digest.size()) return std::nullopt;
    std::copy(octets.begin(), octets.end(), digest.begin());
    return digest;
}

std::string placeText(std::uint64_t place) { return std::to_string(place); }

std::string lines(std::uint64_t from, std::uint64_t to) {
    if (from == to) return "line " + placeText(from) + " is";
    return "lines " + placeText(from) + " to " + placeText(to) + " are";
}

tl::unexpected<Error> badLine(std::size_t number, const std::string& why) {
    return fail(errc::kBadField,
                "heads: line " + std::to_string(number) + " is not KIND PLACE DIGEST: " + why);
}

bool isHeading(std::string_view line) {
    return toLowerAscii(line.substr(0, line.find(' '))) == "kind";
}

Result<KeptHead> keptHeadFrom(std::string_view line, std::size_t number) {
    std::vector<std::string_view> words;
    for (const auto word : split(line, ' ')) {
        if (!word.empty()) words.push_back(word);
    }
    if (words.size() < 3) return badLine(number, "it has not three words.");
    const auto kind = auditKindOf(words[0]);
    if (!kind) return badLine(number, "the kinds are events and calls.");
    std::uint64_t place = 0;
    const auto* end = words[1].data() + words[1].size();
    const auto [stop, error] = std::from_chars(words[1].data(), end, place);
    if (error != std::errc{} || stop != end || place == 0)
        return badLine(number, "the place is a number from 1 on.");
    const auto octets = fromHex(words[2]);
    const auto digest = octets ? digestFrom(*octets) : std::nullopt;
    if (!digest) return badLine(number, "the digest is 64 hexadecimal digits.");
    return KeptHead{*kind, {place, *digest}};
}

}  // namespace

std::string_view nameOf(AuditKind kind) { return kind == AuditKind::Event ? "events" : "calls"; }

std::optional<AuditKind> auditKindOf(std::string_view name) {
    for (const auto kind : kAuditKinds) {
        if (nameOf(kind) == name) return kind;
    }
    return std::nullopt;
}

AuditHead after(const AuditHead& head, const AuditLine& line) {
    constexpr ByteArray<1> kPrefix{0x02};
    const auto place = head.place + 1;
    return {place,
            crypto::Sha256()
                .update(kPrefix)
                .update(head.chain)
                .update(bigEndian<8>(place))
                .update(digestOf(line))
                .finish()};
}

json::Object toJson(const AuditHeads& heads) {
    json::Object object;
    for (const auto kind : kAuditKinds) {
        const auto& head = heads.at(static_cast<std::size_t>(kind));
        json::Object one;
        one.set("place", json::Value::ofUnsigned(head.place)).set("chain", toHex(head.chain));
        object.set(nameOf(kind), std::move(one));
    }
    return object;
}

Result<AuditHead> auditHead(store::Database& database, AuditKind kind) {
    // The newest line, or where the chain was cut when no line is left.
    const auto row = PCG_TRY(database.queryOne(
        "SELECT place, chain FROM (SELECT place, chain FROM audit WHERE call = ? AND place > 0 "
        "UNION ALL SELECT place, chain FROM audit_cuts WHERE call = ?) ORDER BY place DESC LIMIT 1",
        {static_cast<int>(kind), static_cast<int>(kind)}));
    if (!row) return AuditHead{};
    const auto digest = digestFrom(row->blob(1));
    if (!digest) return fail(errc::kStateDamaged, "A line of the audit has no digest.");
    return AuditHead{static_cast<std::uint64_t>(row->integer(0)), *digest};
}

Result<AuditHeads> auditHeads(Storage storage) {
    AuditHeads heads;
    for (const auto kind : kAuditKinds)
        heads.at(static_cast<std::size_t>(kind)) = PCG_TRY(auditHead(storage.database, kind));
    return heads;
}

Result<AuditHead> appendAudit(store::Database& database,
                              AuditKind kind,
                              const AuditHead& head,
                              const AuditLine& line) {
    const auto next = after(head, line);
    PCG_TRY(database.execute(
        "INSERT INTO audit (at, event, data, call, place, chain) VALUES (?, ?, ?, ?, ?, ?)",
        {line.at,
         line.event,
         line.data,
         static_cast<int>(kind),
         static_cast<std::int64_t>(next.place),
         BytesView(next.chain)}));
    return next;
}

Result<> cutAudit(store::Database& database, AuditKind kind, std::int64_t rows) {
    const auto call = static_cast<int>(kind);
    const auto last = PCG_TRY(database.queryOne(
        "SELECT seq, place, chain FROM audit WHERE call = ? ORDER BY seq DESC LIMIT 1 OFFSET ?",
        {call, rows}));
    if (!last) return {};
    if (last->integer(1) > 0) {
        PCG_TRY(database.execute(
            "INSERT OR REPLACE INTO audit_cuts (call, place, chain) VALUES (?, ?, ?)",
            {call, last->integer(1), BytesView(last->blob(2))}));
    }
    PCG_TRY(database.execute("DELETE FROM audit WHERE call = ? AND seq <= ?",
                             {call, last->integer(0)}));
    return {};
}

Result<std::vector<KeptHead>> parseKeptHeads(std::string_view text) {
    if (text.size() > kMaxKeptText) return fail(errc::kBadField, "heads: too long.");
    std::vector<KeptHead> heads;
    std::size_t number = 0;
    for (auto line : split(text, '\n')) {
        ++number;
        line = trimAscii(line.substr(0, line.find('#')));
        if (line.empty() || isHeading(line)) continue;
        if (heads.size() == kMaxKeptHeads)
            return fail(errc::kTooMany,
                        "heads: at most " + std::to_string(kMaxKeptHeads) + " at a time.");
        heads.push_back(PCG_TRY(keptHeadFrom(line, number)));
    }
    return heads;
}

AuditCheck::AuditCheck(std::vector<KeptHead> kept) : kept_(std::move(kept)) {
    std::sort(kept_.begin(), kept_.end(), [](const KeptHead& a, const KeptHead& b) {
        return std::pair(a.kind, a.head.place) < std::pair(b.kind, b.head.place);
    });
}

Result<> AuditCheck::begin(store::Database& database, Chain& chain) {
    chain = Chain{};
    isBegun_ = true;
    ++begun_;
    cutAt_ = 0;
    seq_ = 0;
    next_ = static_cast<std::size_t>(
        std::partition_point(
            kept_.begin(),
            kept_.end(),
            [this](const KeptHead& one) { return static_cast<std::size_t>(one.kind) < kind_; }) -
        kept_.begin());
    const auto call = static_cast<int>(kind_);
    const auto old = PCG_TRY(
        database.queryOne("SELECT count(*) FROM audit WHERE call = ? AND place = 0", {call}));
    chain.unchained = static_cast<std::uint64_t>(old ? old->integer(0) : 0);
    const auto late = PCG_TRY(database.queryOne(
        "SELECT 1 FROM audit WHERE call = ? AND place = 0 AND seq > (SELECT min(seq) FROM audit "
        "WHERE call = ? AND place <> 0) LIMIT 1",
        {call, call}));
    if (late) chain.finding = kLateLines;
    const auto cut =
        PCG_TRY(database.queryOne("SELECT place, chain FROM audit_cuts WHERE call = ?", {call}));
    if (!cut) return {};
    const auto digest = digestFrom(cut->blob(1));
    if (!digest) {
        chain.finding = "The mark of where the chain begins is damaged.";
        return {};
    }
    if (chain.unchained > 0) chain.finding = kLateLines;
    cutAt_ = cut->integer(0);
    chain.head = {static_cast<std::uint64_t>(cutAt_), *digest};
    compare(chain);
    return {};
}

// Lines that were still to be read may have left by now; then the chain is read from its new
// beginning.
Result<bool> AuditCheck::wasCutMeanwhile(store::Database& database) const {
    const auto cut = PCG_TRY(database.queryOne("SELECT place FROM audit_cuts WHERE call = ?",
                                               {static_cast<int>(kind_)}));
    return (cut ? cut->integer(0) : 0) != cutAt_;
}

// Kept heads up to the chain's present one.
void AuditCheck::compare(Chain& chain) {
    const auto kind = static_cast<AuditKind>(kind_);
    for (; next_ < kept_.size() && kept_[next_].kind == kind; ++next_) {
        const auto& kept = kept_[next_].head;
        if (kept.place > chain.head.place) return;
        if (kept.place < chain.head.place) {
            ++chain.tooOld;
        } else if (kept.chain == chain.head.chain) {
            ++chain.matched;
        } else if (chain.finding.empty()) {
            chain.finding = "Up to line " + placeText(kept.place) +
                            " it is not what it was when a head of it was kept: lines were "
                            "written anew.";
        }
    }
}

void AuditCheck::read(const store::Row& row, Chain& chain) {
    seq_ = row.integer(0);
    if (!chain.finding.empty()) return;
    const auto place = static_cast<std::uint64_t>(row.integer(1));
    if (place != chain.head.place + 1) {
        chain.finding =
            place > chain.head.place
                ? "Of the chain, " + lines(chain.head.place + 1, place - 1) + " missing."
                : "Line " + placeText(place) + " is out of order.";
        return;
    }
    const auto at = row.text(3);
    const auto event = row.text(4);
    const auto data = row.text(5);
    const auto next = after(chain.head, {at, event, data});
    if (digestFrom(row.blob(2)) != next.chain) {
        chain.finding =
            "Line " + placeText(place) + " (" + at + ", " + event + ") is not what was written.";
        return;
    }
    chain.head = next;
    if (chain.first == 0) chain.first = place;
    compare(chain);
}

void AuditCheck::end(Chain& chain) {
    if (!chain.finding.empty()) return;
    std::uint64_t furthest = 0;
    for (; next_ < kept_.size() && static_cast<std::size_t>(kept_[next_].kind) == kind_; ++next_)
        furthest = kept_[next_].head.place;
    if (furthest == 0) return;
    chain.finding = "At its end " + lines(chain.head.place + 1, furthest) +
                    " missing: a head of line " + placeText(furthest) + " was kept.";
}

Result<bool> AuditCheck::step(store::Database& database, std::size_t rows) {
    if (kind_ == chains_.size()) return false;
    auto& chain = chains_.at(kind_);
    if (!isBegun_) PCG_TRY(begin(database, chain));
    const auto read = PCG_TRY(database.query(
        "SELECT seq, place, chain, at, event, data FROM audit WHERE call = ? AND seq > ? AND place "
        "<> 0 ORDER BY seq LIMIT ?",
        {static_cast<int>(kind_), seq_, rows}));
    for (const auto& row : read) this->read(row, chain);
    if (!chain.finding.empty() && begun_ < kMostBeginnings && PCG_TRY(wasCutMeanwhile(database))) {
        isBegun_ = false;
        return true;
    }
    if (read.size() == rows && chain.finding.empty()) return true;
    end(chain);
    isBegun_ = false;
    begun_ = 0;
    return ++kind_ < chains_.size();
}

bool AuditCheck::isIntact() const {
    return std::all_of(
        chains_.begin(), chains_.end(), [](const Chain& chain) { return chain.finding.empty(); });
}

json::Object toJson(const AuditCheck& check) {
    json::Object object;
    object.set("intact", check.isIntact());
    for (const auto kind : kAuditKinds) {
        const auto& chain = check.chain(kind);
        json::Object one;
        one.set("first", json::Value::ofUnsigned(chain.first))
            .set("place", json::Value::ofUnsigned(chain.head.place))
            .set("chain", toHex(chain.head.chain))
            .set("unchained", json::Value::ofUnsigned(chain.unchained))
            .set("heads_matched", json::Value::ofUnsigned(chain.matched))
            .set("heads_too_old", json::Value::ofUnsigned(chain.tooOld));
        if (!chain.finding.empty()) one.set("finding", chain.finding);
        object.set(nameOf(kind), std::move(one));
    }
    return object;
}

}  // namespace pcg::gateway
