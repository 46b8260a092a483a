// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/endpoint/maas/state.h"

#include "common/crypto/digest.h"

#include <algorithm>

namespace pcg::proxy::maas {

Nonces::Taken Nonces::take(std::string_view key,
                           std::string_view nonce,
                           std::int64_t expires,
                           std::int64_t now) {
    while (!by_expiry_.empty() && by_expiry_.begin()->first < now) {
        known_.erase(by_expiry_.begin()->second);
        by_expiry_.erase(by_expiry_.begin());
    }
    const auto digest = crypto::Sha256().update(key).update("\n").update(nonce).finish();
    Mark mark{};
    std::copy_n(digest.begin(), mark.size(), mark.begin());
    if (known_.contains(mark)) return Taken::Used;
    if (known_.size() >= kMost) return Taken::Full;
    known_.insert(mark);
    by_expiry_.emplace(expires, mark);
    return Taken::Fresh;
}

}  // namespace pcg::proxy::maas
