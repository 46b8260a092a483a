// SPDX-License-Identifier: Apache-2.0
// What is logged in at the endpoints, written down: so that a gateway that was killed logs out at
// its next start what it could not.
//
// Called on the loop thread; an implementation keeps the entries sealed, writes on its worker and
// resumes on the loop.
#pragma once

#include "common/base/secret.h"
#include "common/net/asio.h"
#include "common/wire/ids.h"

#include <string>
#include <vector>

namespace pcg::proxy {

struct JournalEntry {
    std::string id;  // of the entry; empty until it is written
    wire::EndpointId endpoint = wire::EndpointId::unchecked("");
    std::string authority;        // where the session is, as EndpointConfig::authority
    std::string session_manager;  // of a SOAP session: the id of its manager
    std::string rest_path;        // of a REST session: where it is ended; else empty
    Secret secret;                // the Cookie field, or the id of the REST session
};

class SessionJournal {
  public:
    virtual ~SessionJournal() = default;

    // Durable when it resumes. Gives the entry's id.
    virtual net::Task<Result<std::string>> opened(JournalEntry entry) = 0;

    virtual net::Task<void> closed(std::string id) = 0;

    // Of earlier runs of the gateway.
    virtual net::Task<Result<std::vector<JournalEntry>>> leftOver() = 0;
};

}  // namespace pcg::proxy
