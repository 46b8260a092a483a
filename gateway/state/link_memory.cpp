// SPDX-License-Identifier: Apache-2.0
#include "gateway/state/link_memory.h"

#include "common/store/key_vault.h"

namespace pcg::gateway {
namespace {

constexpr auto kName = "link.transport";

store::KeyVault vaultOf(Storage& storage) {
    return {storage.database, storage.envelope, store::Scope{}};
}

}  // namespace

Result<bus::Transport> recalledTransport(Storage storage) {
    const auto kept = PCG_TRY(vaultOf(storage).get(kName));
    for (const auto way : {bus::Transport::TlsFirst, bus::Transport::WebSocket}) {
        if (kept && kept->revealText() == bus::transportName(way)) return way;
    }
    return bus::Transport::Nats;
}

Result<> keepTransport(Storage storage, bus::Transport transport) {
    return vaultOf(storage).put(kName, Secret::fromText(bus::transportName(transport)));
}

}  // namespace pcg::gateway
