// SPDX-License-Identifier: Apache-2.0
// Who asks, by the rules and in the order of MAAS's own OAuth server: version, consumer, token,
// timestamp, nonce (used up before the signature is looked at), method, signature.
//
// No I/O and no clock of its own. One thread.
#pragma once

#include "common/oauth/signature.h"
#include "test/peers/maas-sim/api.h"

#include <set>

namespace pcg::maassim {

struct Account {
    oauth::ApiKey key;
    User user;
};

struct Asked {
    std::string method;
    std::string uri;  // absolute, without the query
    const std::string* authorization = nullptr;
    oauth::Parameters query;
    oauth::Parameters form;  // of a POST, the only body that is signed
};

class Guard {
  public:
    explicit Guard(std::vector<Account> accounts) : accounts_(std::move(accounts)) {}

    // The user, or the answer that turns the request away. `unix_now` in seconds.
    tl::expected<User, Reply> check(const Asked& asked, std::int64_t unix_now);

    // MAAS says what signature it expected, and with PLAINTEXT that is the secret itself.
    bool leaks_secret = true;

    const std::vector<Account>& accounts() const { return accounts_; }

    // For tests: the secret is another one from now on.
    void changeSecret(std::size_t account, std::string secret);

  private:
    std::optional<Reply> checkFreshness(const oauth::Authorization& shown, std::int64_t unix_now);
    std::optional<Reply> checkSignature(const oauth::Authorization& shown,
                                        const Asked& asked,
                                        const Secret& secret) const;

    std::vector<Account> accounts_;
    std::set<std::string> nonces_;
};

}  // namespace pcg::maassim
