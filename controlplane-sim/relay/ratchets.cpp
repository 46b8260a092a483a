// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/relay/ratchets.h"

#include "common/crypto/kdf.h"

namespace pcg::controlplane {

Result<Ratchets> Ratchets::open(const PkiStorage& storage, Random& random) {
    constexpr auto kName = "renewal.ratchet";
    if (auto stored = PCG_TRY(storage.get(kName))) return Ratchets(std::move(*stored));
    auto octets = toBytes(random.array<32>());
    auto key = Secret::takeBytes(octets);
    PCG_TRY(storage.put(kName, key));
    return Ratchets(std::move(key));
}

pairing::Ratchet Ratchets::at(const wire::GatewayId& gateway,
                              std::int64_t epoch,
                              std::int64_t counter) const {
    const auto message = "PCGv1 ratchet " + gateway.text() + " " + std::to_string(epoch) + " " +
                         std::to_string(counter);
    return {counter, crypto::hmacSha256(key_.reveal(), asBytes(message))};
}

bool Ratchets::isGenuine(const wire::GatewayId& gateway,
                         std::int64_t epoch,
                         const pairing::Ratchet& shown) const {
    const auto expected = at(gateway, epoch, shown.counter);
    return shown.value && constantTimeEqual(*shown.value, *expected.value);
}

}  // namespace pcg::controlplane
