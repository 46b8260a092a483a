// SPDX-License-Identifier: Apache-2.0
// Runs one command of commands.h: the request out of what was typed, the answer as a table, as
// lines or as JSON. Nothing that a stranger chose reaches the terminal as it came. Loop thread.
#pragma once

#include "common/base/random.h"
#include "controlplane-sim/cli/command_line.h"
#include "controlplane-sim/cli/tenant_api.h"

namespace pcg::controlplane::cli {

struct ApiRequest {
    std::string method;
    std::string target;
    std::string body;  // empty: none
};

// cli.usage when an option is missing or no number; cli.file when a file cannot be read.
Result<ApiRequest> requestOf(const CommandLine& line);

// A list under a line of titles, or what is said when it is empty.
std::string tableOf(const Command& command, const codec::json::Array& items);

// "name: value" lines of one thing; what is inside is indented.
std::string linesOf(const codec::json::Object& object, int depth = 0);

// One thing, on stdout.
void printAnswer(const codec::json::Object& answer, bool asJson);

// The exit code (see helpText()). A list is read to its end, page by page, up to 20,000 items.
net::Task<int> runCall(TenantApi& api, const CommandLine& line, Random& random);

}  // namespace pcg::controlplane::cli
