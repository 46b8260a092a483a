// SPDX-License-Identifier: Apache-2.0
// The tenant's command line, parsed: `pcg pair CODE`, `pcg completion bash` and the commands of
// commands.h. Pure functions.
#pragma once

#include "common/base/result.h"
#include "controlplane-sim/cli/commands.h"

#include <map>
#include <string>
#include <vector>

namespace pcg::controlplane::cli {

inline constexpr ErrorCode kUsage{ErrorClass::Input, "cli.usage"};

enum class Verb { Help, Pair, Completion, Call };

struct CommandLine {
    Verb verb = Verb::Help;
    std::string
        code;  // "-": the first line of stdin, for those who do not want it in a process list
    const Command* command = nullptr;            // Verb::Call
    std::map<std::string, std::string> words;    // by the name that the command gives them
    std::map<std::string, std::string> options;  // "--role"
    std::string server;
    std::string caFile;
    std::string tokenFile;
    std::string label;
    bool json = false;
};

// Where to connect, when the command line does not say: PCG_SERVER, PCG_CA, PCG_TOKEN_FILE.
struct Defaults {
    std::string server;
    std::string caFile;
    std::string tokenFile;
};

// cli.usage with a did-you-mean. `words` without the program's name.
Result<CommandLine> parseCommandLine(const std::vector<std::string>& words,
                                     const Defaults& defaults = {});

std::string helpText();

}  // namespace pcg::controlplane::cli
