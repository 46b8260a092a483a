// SPDX-License-Identifier: Apache-2.0
// The sessions that are open at the endpoints, written down for the next start of the gateway.
//
// What would use a session is sealed like the endpoint's credentials, under the same scope's keys:
// it ends with the tenant. A row goes with its endpoint. Rows older than kForgetAfter are removed:
// no vCenter keeps an idle session for so long. Functions: storage thread; the class: loop thread
// in front, storage thread behind, the store outlives it.
#pragma once

#include "gateway/state/state_store.h"
#include "vcenter-proxy/session_journal.h"

#include <chrono>

namespace pcg::gateway {

inline constexpr std::chrono::hours kForgetAfter{24};
inline constexpr std::size_t kMaxOpenSessions = 4096;

// gateway.no_such_endpoint; store.* when it cannot be written. `run` tells this run of the gateway
// from others. Gives the entry's id.
Result<std::string> noteOpenSession(Storage storage,
                                    const std::string& run,
                                    const proxy::JournalEntry& entry);

Result<> forgetOpenSession(Storage storage, const std::string& id);

// Of other runs. An entry that does not open any more is left out, and removed.
Result<std::vector<proxy::JournalEntry>> sessionsOfOtherRuns(Storage storage,
                                                             const std::string& run);

class StoredSessions final : public proxy::SessionJournal {
  public:
    StoredSessions(StateStore& state, std::string run) : state_(state), run_(std::move(run)) {}

    net::Task<Result<std::string>> opened(proxy::JournalEntry entry) override;
    net::Task<void> closed(std::string id) override;
    net::Task<Result<std::vector<proxy::JournalEntry>>> leftOver() override;

  private:
    StateStore& state_;
    std::string run_;
};

}  // namespace pcg::gateway
