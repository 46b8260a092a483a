// SPDX-License-Identifier: Apache-2.0
// Feeds the service manager's watchdog from the loop that does all the work: when that stands, so
// does this, and the process is killed and started anew.
#pragma once

#include "common/net/asio.h"
#include "common/process/service_manager.h"

namespace pcg::process {

// Until the loop ends; at once if nobody watches. Both outlive it.
net::Task<void> feedWatchdog(net::Loop& loop, const ServiceManager& manager);

}  // namespace pcg::process
