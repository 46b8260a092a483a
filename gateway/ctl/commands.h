// SPDX-License-Identifier: Apache-2.0
// What each verb of pcgctl asks the gateway, and how its answer reads.
//
// requestFor() reads the files that a verb names; passwords come from files or stdin only. Errors
// are sentences that name the option.
#pragma once

#include "common/codec/json.h"
#include "gateway/ctl/arguments.h"

#include <iosfwd>
#include <string>

namespace pcg::gateway::ctl {

struct Request {
    std::string method;
    std::string target;
    std::string body;  // JSON, or empty; may hold a secret: the sender wipes it
};

// What is asked before stdin is read; empty if nothing is.
std::string questionFor(const Command& command);

Result<Request> requestFor(const Command& command, std::istream& standardInput);

// For people. `answer` is the body of a 2xx.
std::string render(const Command& command, const codec::json::Object& answer);

}  // namespace pcg::gateway::ctl
