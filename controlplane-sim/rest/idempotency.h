// SPDX-License-Identifier: Apache-2.0
// Answers kept under the Idempotency-Key that a client sent, so that a repeated POST does nothing
// twice and gets the same answer.
//
// The key is reserved durably before the handler runs: a request that a crash interrupted is never
// run again under its key, and its repetition is told that the outcome is unknown. Answers are kept
// 24 hours, sealed (some hold a secret that is shown once), and only those of success; after a
// refusal the key is free. begin() and keep() on the loop; the envelope is used on the storage
// thread only.
#pragma once

#include "common/base/clock.h"
#include "common/crypto/digest.h"
#include "common/store/envelope.h"
#include "common/store/worker.h"
#include "controlplane-sim/rest/refusal.h"

#include <set>
#include <string>
#include <tuple>

namespace pcg::controlplane::rest {

class Idempotency {
  public:
    // Whose key it is: two callers never meet under one key.
    struct Key {
        std::string tenant;     // empty: the platform's operator
        std::string principal;  // "user:usr_...", "token:tok_..."
        std::string key;        // the header's value

        friend auto operator<=>(const Key&, const Key&) = default;
    };

    struct Kept {
        int status;
        std::string body;
    };

    static constexpr std::chrono::hours kKeptFor{24};
    // So that one caller cannot use up what its tenant has, and no tenant the disk.
    static constexpr std::size_t kMaxPerPrincipal = 5'000;
    static constexpr std::size_t kMaxPerTenant = 100'000;

    Idempotency(store::Worker& store, store::Envelope& envelope, const Clock& clock)
        : store_(store), envelope_(envelope), clock_(clock) {}

    // 1 to 128 visible ASCII characters; api.field otherwise.
    static Checked<std::string> parse(const std::string& header);

    // An answer: send it again. Nothing: the key is reserved, run the handler, then keep() or
    // release(). 422 api.idempotency_reused for another request under the key, 409 while the first
    // is running or when it was interrupted, 429 with too many keys.
    net::Task<Checked<std::optional<Kept>>> begin(Key key, crypto::Digest256 request);
    net::Task<Result<>> keep(Key key, Kept answer);
    net::Task<void> release(Key key);

    // The handler's outcome is unknown (504): the key stays taken, and says so when it comes again.
    void abandon(const Key& key) { running_.erase(key); }

  private:
    store::Worker& store_;
    store::Envelope& envelope_;
    const Clock& clock_;
    std::set<Key> running_;
};

}  // namespace pcg::controlplane::rest
