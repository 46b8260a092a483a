// SPDX-License-Identifier: Apache-2.0
// The tenant's command line, parsed: `pcg pair CODE` and `pcg gateways`. Pure function.
#pragma once

#include "common/base/result.h"

#include <string>
#include <vector>

namespace pcg::controlplane::cli {

inline constexpr ErrorCode kUsage{ErrorClass::Input, "cli.usage"};

enum class Verb { Help, Pair, Gateways };

struct CommandLine {
    Verb verb = Verb::Help;
    std::string
        code;  // "-": the first line of stdin, for those who do not want it in a process list
    std::string server;
    std::string caFile;
    std::string tokenFile;
    std::string label;
    bool json = false;
};

// cli.usage with a did-you-mean. `words` without the program's name.
Result<CommandLine> parseCommandLine(const std::vector<std::string>& words);

extern const char* const kHelp;

}  // namespace pcg::controlplane::cli
