// SPDX-License-Identifier: Apache-2.0
// A deterministic world around stream::Mux: one ingress, two gateways, a bus that delays, drops,
// duplicates, reorders and cuts, applications that are slow, stall, cancel, abort and crash. One
// seed is one history.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace pcg::test {

struct StreamSimOptions {
    std::uint64_t seed = 1;
    bool isBusPerfect = false;  // nothing is lost, cut or crashed: every call must succeed
    bool trace = false;
};

struct StreamSimReport {
    std::vector<std::string> violations;  // of the invariants; empty is good
    std::vector<std::string> trace;
    unsigned calls = 0;
    unsigned succeeded = 0;
    unsigned notDispatched = 0;
    unsigned unknown = 0;
    unsigned cancelled = 0;
    unsigned crashes = 0;
    unsigned cuts = 0;
    unsigned dropped = 0;
    unsigned duplicated = 0;
    unsigned reordered = 0;
};

StreamSimReport runStreamSim(const StreamSimOptions& options);

}  // namespace pcg::test
