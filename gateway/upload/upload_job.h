// SPDX-License-Identifier: Apache-2.0
// Inside of Uploads: uploads.cpp keeps the list and the switches, uploads_run.cpp runs one of them.
#pragma once

#include "gateway/upload/uploads.h"

namespace pcg::gateway::upload {

struct Uploads::Job {
    Job(net::Executor executor, Record known) : record(std::move(known)), halt(executor) {}

    bool isLease() const { return std::holds_alternative<LeaseDevice>(record.order.target); }

    Record record;
    Halt halt;
    bool running = false;
    SteadyTime since{};
};

}  // namespace pcg::gateway::upload
