// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/lease_book.h"

#include "vcenter-proxy/errc.h"

#include <algorithm>

namespace pcg::proxy {
namespace {

constexpr std::size_t kIdBytes = 16;
constexpr std::size_t kProofBytes = 32;
constexpr std::size_t kTokenLength = 2 * (kIdBytes + kProofBytes);

tl::unexpected<Error> noSuchTransfer() {
    return fail(errc::kNoSuchTransfer,
                "there is no such transfer: its lease has ended, or it never was one");
}

}  // namespace

bool LeaseBook::isOver(const Lease& lease) const {
    return lease.over || lease.session.expired() ||
           (lease.running == 0 && clock_.now() - lease.heard > kLeaseSilence);
}

std::shared_ptr<Lease> LeaseBook::leaseOf(const Session& session, std::string_view id) const {
    const auto found = std::find_if(leases_.begin(), leases_.end(), [&](const auto& lease) {
        return lease->kind == TransferKind::Disk && lease->id == id &&
               lease->session.lock().get() == &session;
    });
    return found == leases_.end() || isOver(**found) ? nullptr : *found;
}

Result<> LeaseBook::open(const std::shared_ptr<Session>& session,
                         std::string id,
                         LeaseDirection direction) {
    if (leaseOf(*session, id)) return {};
    forgetOver();
    if (count(true) >= kMostLeases) {
        return fail(errc::kBusy, "too many leases are open at this endpoint; complete some");
    }
    auto lease = std::make_shared<Lease>();
    lease->id = std::move(id);
    lease->session = session;
    lease->direction = direction;
    lease->heard = clock_.now();
    leases_.push_back(std::move(lease));
    return {};
}

void LeaseBook::forgetOver() {
    std::erase_if(leases_, [&](const auto& lease) {
        if (!isOver(*lease)) return false;
        drop(*lease);
        return true;
    });
}

std::size_t LeaseBook::count(bool disks) const {
    return static_cast<std::size_t>(
        std::count_if(leases_.begin(), leases_.end(), [&](const auto& lease) {
            return (lease->kind == TransferKind::Disk) == disks;
        }));
}

Result<std::string> LeaseBook::tokenForOne(const std::shared_ptr<Session>& session,
                                           TransferKind kind,
                                           LeaseDirection direction,
                                           TransferPlace place) {
    forgetOver();
    if (count(false) >= kMostOthers) {
        return fail(errc::kBusy, "too many transfers of guests and consoles are under way");
    }
    auto lease = std::make_shared<Lease>();
    lease->session = session;
    lease->direction = direction;
    lease->kind = kind;
    lease->heard = clock_.now();
    leases_.push_back(lease);
    return keep(std::move(lease), std::move(place), {});
}

void LeaseBook::done(const std::shared_ptr<Transfer>& transfer) {
    const auto lease = transfer->lease;
    if (lease->kind == TransferKind::Disk) return;
    drop(*lease);
    std::erase(leases_, lease);
}

bool LeaseBook::hasAny(const Session& session) const {
    return std::any_of(leases_.begin(), leases_.end(), [&](const auto& lease) {
        return lease->kind == TransferKind::Disk && lease->session.lock().get() == &session &&
               !isOver(*lease);
    });
}

std::shared_ptr<Session> LeaseBook::holderOf(const wire::AccessKeyId& key,
                                             std::string_view lease) const {
    for (const auto& one : leases_) {
        if (one->kind != TransferKind::Disk || one->id != lease || isOver(*one)) continue;
        auto session = one->session.lock();
        if (session && session->principal.key == key) return session;
    }
    return nullptr;
}

std::optional<std::string> LeaseBook::tokenFor(const Session& session,
                                               std::string_view lease_id,
                                               std::string_view url,
                                               const TransferPlace& place) {
    const auto lease = leaseOf(session, lease_id);
    if (!lease) return std::nullopt;
    lease->heard = clock_.now();
    std::size_t devices = 0;
    for (const auto& [id, transfer] : transfers_) {
        if (transfer->lease != lease) continue;
        if (transfer->url == url) return id + std::string(transfer->token_proof.revealText());
        ++devices;
    }
    if (devices >= kMostDevices) return std::nullopt;
    return keep(lease, place, std::string(url));
}

std::string LeaseBook::keep(std::shared_ptr<Lease> lease, TransferPlace place, std::string url) {
    auto transfer = std::make_shared<Transfer>();
    transfer->lease = std::move(lease);
    transfer->place = std::move(place);
    transfer->url = std::move(url);
    transfer->token_id = toHex(random_.array<kIdBytes>());
    std::string proof = toHex(random_.array<kProofBytes>());
    auto token = transfer->token_id + proof;
    transfer->token_proof = Secret::takeText(proof);
    transfers_.insert_or_assign(transfer->token_id, transfer);
    return token;
}

Result<std::shared_ptr<Transfer>> LeaseBook::find(std::string_view token) {
    if (token.size() != kTokenLength) return noSuchTransfer();
    const auto found = transfers_.find(token.substr(0, 2 * kIdBytes));
    if (found == transfers_.end()) return noSuchTransfer();
    const auto proof = asBytes(token.substr(2 * kIdBytes));
    if (!constantTimeEqual(proof, found->second->token_proof.reveal())) return noSuchTransfer();
    if (isOver(*found->second->lease)) return noSuchTransfer();
    return found->second;
}

void LeaseBook::heard(const Session& session, std::string_view id) {
    if (const auto lease = leaseOf(session, id)) lease->heard = clock_.now();
}

void LeaseBook::end(const Session& session, std::string_view id) {
    const auto lease = leaseOf(session, id);
    if (!lease) return;
    drop(*lease);
    std::erase(leases_, lease);
}

void LeaseBook::sweep(const SessionTable& sessions) {
    std::erase_if(leases_, [&](const auto& lease) {
        const auto session = lease->session.lock();
        if (session && sessions.holds(*session) && !isOver(*lease)) return false;
        drop(*lease);
        return true;
    });
}

// The transfers of a lease end with it.
void LeaseBook::drop(const Lease& gone) {
    for (auto at = transfers_.begin(); at != transfers_.end();) {
        auto& transfer = *at->second;
        if (transfer.lease.get() != &gone) {
            ++at;
            continue;
        }
        transfer.lease->over = true;
        if (transfer.call != nullptr) transfer.call->cancel();
        at = transfers_.erase(at);
    }
}

}  // namespace pcg::proxy
