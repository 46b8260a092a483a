// SPDX-License-Identifier: Apache-2.0
// HTTP around the simulated region: reads requests, checks who asks, streams answers and uploads,
// and breaks on demand.
//
// Below /_sim/ (on the plain listener only) tests set faults and look inside: PUT /_sim/faults,
// GET /_sim/state, GET /_sim/user-data/SYSTEM_ID. Loop thread.
#pragma once

#include "common/base/clock.h"
#include "common/http/exchange.h"
#include "test/peers/maas-sim/guard.h"

#include <fstream>

namespace pcg::maassim {

struct Faults {
    int unavailable = 0;  // so many answers are 503 ...
    std::optional<int> retry_after;
    int slow_ms = 0;       // before each answer
    int reset_upload = 0;  // so many chunks are cut in the middle, the octets before are kept
    int reset_answer = 0;  // so many answers are cut in the middle
};

class Front {
  public:
    struct Parts {
        net::Loop& loop;
        const Clock& clock;
        Region& region;
        Guard& guard;
        std::string request_log;  // a file; empty: none
    };

    explicit Front(Parts parts);

    net::Task<void> serve(http::Exchange& exchange, std::string scheme);

  private:
    net::Task<void> serveApi(http::Exchange& exchange, std::string scheme);
    net::Task<void> serveUpload(http::Exchange& exchange, std::string scheme, int file);
    net::Task<void> serveControl(http::Exchange& exchange);
    net::Task<void> send(http::Exchange& exchange, Reply reply, bool cut = false);
    bool takesCut();
    Reply setFaults(const codec::json::Object& wanted);
    Reply state() const;
    tl::expected<User, Reply> identify(const http::Exchange& exchange,
                                       const Request& request,
                                       const std::string& scheme);
    void advance();
    void log(const http::Exchange& exchange, const Request& request, int status);

    Parts parts_;
    Api api_;
    Faults faults_;
    std::ofstream log_;
    std::int64_t requests_ = 0;
};

}  // namespace pcg::maassim
