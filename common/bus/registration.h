// SPDX-License-Identifier: Apache-2.0
// One subscription of ours: it outlives the links on which it is made again and again.
#pragma once

#include "common/bus/bus.h"

#include <memory>
#include <string>

struct __natsSubscription;  // NOLINT(bugprone-reserved-identifier,cert-dcl*): theirs

namespace pcg::bus {

struct Registration {
    std::string subject;
    std::string queueGroup;
    SubscriptionHandlers handlers;
    bool cancelled = false;
    bool draining = false;                 // not made again on the next link
    __natsSubscription* handle = nullptr;  // of the present link; owned by the CnatsLink
};

using RegistrationPtr = std::shared_ptr<Registration>;

}  // namespace pcg::bus
