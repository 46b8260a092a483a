// SPDX-License-Identifier: Apache-2.0
// pcgctl's command line: verbs and options as a table, so that help, checks and did-you-mean agree.
//
// Secrets are never arguments: argv is visible to every user of the machine. Pure functions.
#pragma once

#include "common/base/result.h"

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pcg::gateway::ctl {

struct Option {
    std::string_view name;   // "--url"
    std::string_view value;  // what it takes, for the help; empty = a flag
    std::string_view help;
    bool required = false;
};

struct Verb {
    std::string_view words;    // "endpoint add"
    std::string_view operand;  // "NAME", "[NAME]" if it may be left out, or empty
    std::string_view help;     // one line
    std::vector<Option> options;
    bool onMachine = false;  // about the machine, not the gateway: appliance/admin does it
};

std::span<const Verb> verbs();

struct Command {
    const Verb* verb = nullptr;  // null: help was asked for
    std::string operand;
    std::map<std::string, std::string, std::less<>> options;  // "--url" -> value; flags -> ""
    bool json = false;
    std::string socket;
    bool interactive = false;  // somebody is at a terminal and can be asked

    bool has(std::string_view option) const { return options.contains(option); }

    std::string option(std::string_view name) const;
};

// gateway.usage, with what was meant. `arguments` without the program's name.
Result<Command> parseArguments(const std::vector<std::string>& arguments);

std::string helpText();
std::string helpFor(const Verb& verb);

inline constexpr std::string_view kDefaultSocket = "/var/lib/pcg-gateway/control.sock";

}  // namespace pcg::gateway::ctl
