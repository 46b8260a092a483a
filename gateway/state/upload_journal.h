// SPDX-License-Identifier: Apache-2.0
// The uploads by reference, written down: what was ordered (sealed: a URL may hold a signature),
// and how far it is, for the next start of the gateway and for whoever asks.
//
// A row goes with its endpoint. Of those that are over the newest kMostOver are kept. Storage
// thread.
#pragma once

#include "gateway/state/state_store.h"
#include "gateway/upload/record.h"

#include <vector>

namespace pcg::gateway {

inline constexpr std::size_t kMostUploadsOver = 128;

// Makes it, or replaces what is known of it. gateway.no_such_endpoint.
Result<> storeUpload(Storage storage, const upload::Record& record);

// The oldest first. One that does not open any more is left out, and removed.
Result<std::vector<upload::Record>> loadUploads(Storage storage);

}  // namespace pcg::gateway
