// SPDX-License-Identifier: Apache-2.0
// What is remembered of the link over a restart: in which way the bus was reached the last time. Of
// the place where the gateway stands, so it outlives a pairing. Storage thread.
#pragma once

#include "common/bus/nats_bus.h"
#include "gateway/state/state_store.h"

namespace pcg::gateway {

// Nats, if nothing is remembered.
Result<bus::Transport> recalledTransport(Storage storage);
Result<> keepTransport(Storage storage, bus::Transport transport);

}  // namespace pcg::gateway
