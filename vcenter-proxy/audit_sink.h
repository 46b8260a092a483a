// SPDX-License-Identifier: Apache-2.0
// One record for every request that reached an endpoint's door, whatever became of it.
//
// record() is called on the loop thread when the request is over. It must not block and must not
// fail: an implementation queues (bounded, counting what it had to drop) and writes elsewhere. No
// field ever holds a body, a header value, a cookie or a secret.
#pragma once

#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/wire/ids.h"

#include <chrono>
#include <string>

namespace pcg::proxy {

struct AuditRecord {
    WallTime at;             // when the request arrived
    std::string request_id;  // the ingress's, or the server's
    wire::EndpointId endpoint;
    std::string peer;
    std::string access_key;   // empty: nobody was named
    std::string surface;      // "soap", "folder", "versions", "denied"
    std::string method;       // "CloneVM_Task", "PUT", ...
    std::string object;       // "VirtualMachine:vm-42", or the path of a file
    std::string decision;     // "allowed", or the dotted error code that denied it
    std::string reason;       // a sentence, when denied or failed
    std::string outcome;      // "complete", "not-dispatched", "unknown", "cancelled"
    int status = 0;           // what the client was answered; 0 = nothing
    ByteCount bytes_in = 0;   // body bytes from the client
    ByteCount bytes_out = 0;  // body bytes to the client
    std::chrono::milliseconds took{0};
    bool key_proven = false;     // it was let in with that key; else it only names it
    std::string arguments = {};  // "name=web-3 folder=group-v3 ...": policy::Arguments::toText()
    std::string task = {};       // "task-91": what the endpoint's answer began
    std::string fault = {};      // "InvalidArgument": what it answered instead
    std::string detail = {};     // "user_data sha256 ab..., 12 octets": what else is worth knowing
};

// "CloneVM_Task VirtualMachine:vm-7 -> web-3 by ak_..., task-91, 1.2 s, success": the record in one
// line, for people. Holds nothing that the record does not hold.
std::string summaryOf(const AuditRecord& record);

class AuditSink {
  public:
    virtual ~AuditSink() = default;
    virtual void record(AuditRecord record) noexcept = 0;
};

}  // namespace pcg::proxy
