// SPDX-License-Identifier: Apache-2.0
// Every `pcg` command but `pair`, as data: what is typed, what is sent, which columns are shown.
// Help and shell completion are made from the same table. Most are one request to the API; what
// takes a conversation (endpoint_command.h) says which.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pcg::controlplane::cli {

enum class Dialogue { None, AddEndpoint, ChangeCredentials, Approve };

struct Command {
    std::string_view noun;
    std::string_view verb;
    std::string_view words;  // what must follow, "GATEWAY NAME"; "[SHA256]" may be left out
    std::string_view method;
    std::string_view path;  // "/api/v1/gateways/{GATEWAY}"
    // "member=SOURCE ...": a word, an option (--role), or "#" before it for a number; "@WORD": the
    // whole body is the file of that name. Of a dialogue only the options count.
    std::string_view body;
    std::string_view query;    // "parameter=--option ..."
    std::string_view columns;  // of a list: "id name link.rtt_ms"; empty: the answer is one thing
    std::string_view help;
    Dialogue dialogue = Dialogue::None;
};

std::span<const Command> commands();

// nullptr if there is none. An empty verb means "list".
const Command* findCommand(std::string_view noun, std::string_view verb);

std::vector<std::string> nouns();
std::vector<std::string> verbsOf(std::string_view noun);

// The options that the command takes, "--role".
std::vector<std::string> optionsOf(const Command& command);

// A bash script; `source <(pcg completion bash)`.
std::string bashCompletion();

}  // namespace pcg::controlplane::cli
