// SPDX-License-Identifier: Apache-2.0
// Where the gateway keeps who it is and how far its enrolment came: one document, replaced as a
// whole, so that no crash can leave half of a step behind (crash table of
// docs/protocol/pairing.md).
//
// The document holds private keys and the session's ephemeral key: the store seals it at rest. Loop
// thread.
#pragma once

#include "common/base/secret.h"
#include "common/net/asio.h"

#include <optional>

namespace pcg::gateway {

class EnrollmentStore {
  public:
    virtual ~EnrollmentStore() = default;

    // What was saved last; nothing on a first boot.
    virtual net::Task<Result<std::optional<Secret>>> load() = 0;

    // Replaces it. When this returns a success, it survives power loss.
    virtual net::Task<Result<>> save(Secret document) = 0;
};

}  // namespace pcg::gateway
