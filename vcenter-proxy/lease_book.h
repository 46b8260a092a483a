// SPDX-License-Identifier: Apache-2.0
// The leases (HttpNfcLease) that sessions of one endpoint have opened, and the tokens under which
// the octets of their devices come and go.
//
// A token stands for one device of one lease, for one transfer, in the lease's direction, while the
// lease lives: until it is completed or aborted, its session ends, or nothing was heard of it for
// kLeaseSilence (what a vCenter gives a lease by default). It is 16 random bytes that find the
// transfer and 32 that prove it, like a session's. The octets of one device can be asked for under
// one token only, however often the lease is read. Bounded: kMostLeases of kMostDevices. Loop
// thread only; no I/O.
#pragma once

#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/base/secret.h"
#include "vcenter-proxy/endpoint/transfer_place.h"
#include "vcenter-proxy/session_table.h"

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace pcg::proxy {

enum class LeaseDirection { Import, Export };

// Disk: of a lease of the vCenter's. The others are of a URL that a call was answered with, which
// is good for one transfer: the book keeps each as a lease of one device.
enum class TransferKind { Disk, GuestFile, Console };

struct Lease {
    std::string id;
    std::weak_ptr<Session> session;
    LeaseDirection direction = LeaseDirection::Import;
    TransferKind kind = TransferKind::Disk;
    SteadyTime heard{};
    std::size_t running = 0;  // transfers
    bool over = false;
};

struct Transfer {
    std::shared_ptr<Lease> lease;
    TransferPlace place;
    std::string url;  // as the vCenter said: one token for each
    std::string token_id;
    Secret token_proof;
    bool used = false;
    http::Call* call = nullptr;  // while it runs: cancelled with the lease
};

class LeaseBook {
  public:
    static constexpr std::size_t kMostLeases = 64;
    static constexpr std::size_t kMostDevices = 256;  // of one lease
    static constexpr std::size_t kMostOthers = 256;   // files of guests and consoles
    static constexpr std::chrono::minutes kLeaseSilence{5};

    LeaseBook(Random& random, const Clock& clock) : random_(random), clock_(clock) {}

    // A lease that the session's call was answered with. errc::kBusy beyond kMostLeases.
    Result<> open(const std::shared_ptr<Session>& session,
                  std::string id,
                  LeaseDirection direction);

    // Whether the session has a lease whose URLs must be looked for.
    bool hasAny(const Session& session) const;

    // Who opened the lease, if it lives and that was with this key; null otherwise.
    std::shared_ptr<Session> holderOf(const wire::AccessKeyId& key, std::string_view lease) const;

    // "TOKEN" for a device of the session's lease; nothing if there is no such lease, or it has too
    // many devices.
    std::optional<std::string> tokenFor(const Session& session,
                                        std::string_view lease,
                                        std::string_view url,
                                        const TransferPlace& place);

    // "TOKEN" for a place that the session's call was answered with. errc::kBusy beyond
    // kMostOthers.
    Result<std::string> tokenForOne(const std::shared_ptr<Session>& session,
                                    TransferKind kind,
                                    LeaseDirection direction,
                                    TransferPlace place);

    // That one transfer is over, and its token with it.
    void done(const std::shared_ptr<Transfer>& transfer);

    // errc::kNoSuchTransfer if the token is none of ours, or its lease is over. Whether it was used
    // is for the caller to ask.
    Result<std::shared_ptr<Transfer>> find(std::string_view token);

    // The lease lives: something was heard of it.
    void heard(const Session& session, std::string_view lease);

    // Completed or aborted: its transfers are cancelled and its tokens are nothing any more.
    void end(const Session& session, std::string_view lease);

    // Forgets what is over: leases of ended sessions, and silent ones.
    void sweep(const SessionTable& sessions);

    std::size_t size() const { return leases_.size(); }

  private:
    std::shared_ptr<Lease> leaseOf(const Session& session, std::string_view id) const;
    bool isOver(const Lease& lease) const;
    void drop(const Lease& lease);
    void forgetOver();
    std::size_t count(bool disks) const;
    std::string keep(std::shared_ptr<Lease> lease, TransferPlace place, std::string url);

    Random& random_;
    const Clock& clock_;
    std::vector<std::shared_ptr<Lease>> leases_;
    std::map<std::string, std::shared_ptr<Transfer>, std::less<>> transfers_;  // by token_id
};

}  // namespace pcg::proxy
