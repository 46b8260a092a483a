// SPDX-License-Identifier: Apache-2.0
// Why the bus did not take or answer something.
#pragma once

#include "common/base/error.h"

namespace pcg::bus {

// A challenge whose signature cnats cannot carry; another one will do.
inline constexpr ErrorCode kUnanswerable{ErrorClass::Weather, "bus.unanswerable"};
inline constexpr ErrorCode kDown{ErrorClass::Weather, "bus.down"};  // the link is not up
inline constexpr ErrorCode kCongested{ErrorClass::Weather,
                                      "bus.congested"};  // over the cap: wait for onWritable
inline constexpr ErrorCode kTimeout{ErrorClass::Weather, "bus.timeout"};  // nobody answered in time
inline constexpr ErrorCode kNoResponders{ErrorClass::Weather,
                                         "bus.no_responders"};  // nobody listens
inline constexpr ErrorCode kRefused{ErrorClass::Input,
                                    "bus.refused"};  // the broker does not admit us
inline constexpr ErrorCode kProtocol{ErrorClass::Weather,
                                     "bus.protocol"};  // that is not a NATS server
inline constexpr ErrorCode kTooLarge{ErrorClass::Input,
                                     "bus.too_large"};  // over the broker's max_payload
inline constexpr ErrorCode kBadSubject{ErrorClass::Input, "bus.bad_subject"};
inline constexpr ErrorCode kStopped{ErrorClass::Weather, "bus.stopped"};

}  // namespace pcg::bus
