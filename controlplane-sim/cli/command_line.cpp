// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/cli/command_line.h"

#include "common/base/text.h"

#include <algorithm>

namespace pcg::controlplane::cli {
namespace {

constexpr const char* kHead =
    "pcg - a tenant's own end of the Private Cloud Gateway\n"
    "\n"
    "  pcg pair CODE [--label NAME]\n"
    "      Binds the gateway whose console shows CODE to your tenant. The code stays in this "
    "process;\n"
    "      only its first four symbols are sent. You compare a number with the gateway's console.\n"
    "      CODE may be - : then it is the first line of stdin. Takes a token of the role admin.\n"
    "\n";

constexpr const char* kTail =
    "\n"
    "  pcg completion bash    a script for the shell: source <(pcg completion bash)\n"
    "\n"
    "A vCenter's user and password are sealed in this process to the gateway GATEWAY, for "
    "--address "
    "only;\n"
    "the control plane cannot read them. The password is asked for on the terminal, or is the "
    "first "
    "line\n"
    "of --password-file (- is stdin). Without --ca-file and --pin-sha256 the certificate is shown "
    "and\n"
    "waits for approval.\n"
    "\n"
    "  --server URL       the control plane, https://HOST:PORT (or the variable PCG_SERVER)\n"
    "  --ca FILE          its root certificate, PEM (or PCG_CA)\n"
    "  --token-file FILE  your API token (or PCG_TOKEN_FILE)\n"
    "  --label NAME       pair: what you call the gateway; \"gateway\" if left out\n"
    "  --json             JSON in place of text; pair: one object a line, answers are read as y or "
    "n\n"
    "                     lines from stdin\n"
    "\n"
    "Exit code: 0 done, 1 failed (the reason is printed), 2 wrong usage, 3 not allowed (token, "
    "role),\n"
    "4 there is no such thing, 5 it conflicts with what is there.\n";

tl::unexpected<Error> usage(std::string message) {
    return fail(kUsage, std::move(message) + "; see pcg --help");
}

tl::unexpected<Error> unknown(std::string_view what,
                              const std::string& word,
                              const std::vector<std::string>& known) {
    std::string message = "there is no " + std::string(what) + " \"" + word.substr(0, 64) + "\"";
    if (const auto meant = didYouMean(word.substr(0, 64), known))
        message += "; did you mean " + *meant + "?";
    return usage(std::move(message));
}

constexpr std::string_view kFollow = "--follow";  // the one option without a value

std::vector<std::string> firstWords() {
    auto words = nouns();
    words.insert(words.begin(), {"pair", "completion"});
    return words;
}

std::vector<std::string> knownOptions(const CommandLine& line) {
    std::vector<std::string> known{"--server", "--ca", "--token-file", "--json"};
    if (line.verb == Verb::Pair) known.emplace_back("--label");
    if (line.command != nullptr) {
        for (auto& option : optionsOf(*line.command)) known.push_back(std::move(option));
    }
    return known;
}

std::string* optionOf(CommandLine& line, const std::string& word) {
    if (word == "--server") return &line.server;
    if (word == "--ca") return &line.caFile;
    if (word == "--token-file") return &line.tokenFile;
    if (word == "--label" && line.verb == Verb::Pair) return &line.label;
    if (line.command == nullptr) return nullptr;
    const auto own = optionsOf(*line.command);
    if (std::find(own.begin(), own.end(), word) == own.end()) return nullptr;
    return &line.options[word];
}

struct WordName {
    std::string name;
    bool needed = true;
};

std::vector<WordName> wordNames(const Command& command) {
    std::vector<WordName> names;
    if (command.words.empty()) return names;
    for (auto word : split(command.words, ' ')) {
        const bool needed = !word.starts_with('[');
        if (!needed) word = word.substr(1, word.size() - 2);
        names.push_back({std::string(word), needed});
    }
    return names;
}

// What the first words name, and how many of them were used.
Result<std::size_t> takeVerb(CommandLine& line, const std::vector<std::string>& words) {
    if (words[0] == "pair") {
        line.verb = Verb::Pair;
        return 1;
    }
    const auto known = nouns();
    if (std::find(known.begin(), known.end(), words[0]) == known.end())
        return unknown("verb", words[0], firstWords());
    const bool bare = words.size() == 1 || words[1].starts_with("--");
    line.command = findCommand(words[0], bare ? std::string_view() : std::string_view(words[1]));
    if (line.command == nullptr && bare) return usage("pcg " + words[0] + " needs a verb");
    if (line.command == nullptr) return unknown("verb of " + words[0], words[1], verbsOf(words[0]));
    line.verb = Verb::Call;
    return bare ? 1 : 2;
}

Result<> takeWord(CommandLine& line, const std::string& word) {
    if (line.verb == Verb::Pair) {
        line.code += (line.code.empty() ? "" : " ") + word;  // a code typed with blanks
        return {};
    }
    const auto names = wordNames(*line.command);
    if (line.words.size() == names.size())
        return usage("\"" + word.substr(0, 64) + "\" is too much");
    if (word.empty()) return usage("an empty word in place of " + names[line.words.size()].name);
    for (const auto& [name, needed] : names) {
        if (line.words.emplace(name, word).second) break;
    }
    return {};
}

Result<> complete(const CommandLine& line) {
    if (line.verb == Verb::Pair && line.code.empty()) {
        return usage("pcg pair needs the code that the gateway's console shows");
    }
    if (line.command != nullptr) {
        for (const auto& [name, needed] : wordNames(*line.command)) {
            if (!needed || line.words.contains(name)) continue;
            return usage("pcg " + std::string(line.command->noun) + " " +
                         std::string(line.command->verb) + " needs " + name);
        }
    }
    if (line.server.empty()) return usage("--server is missing");
    if (line.caFile.empty()) return usage("--ca is missing");
    if (line.tokenFile.empty()) return usage("--token-file is missing");
    return {};
}

}  // namespace

Result<CommandLine> parseCommandLine(const std::vector<std::string>& words,
                                     const Defaults& defaults) {
    CommandLine line;
    const auto isHelp = [](const std::string& word) { return word == "--help" || word == "-h"; };
    if (std::any_of(words.begin(), words.end(), isHelp) ||
        (words.size() == 1 && words[0] == "help"))
        return line;
    if (words.empty()) return usage("what shall be done? pair, gateways, users, ...");
    if (words[0] == "completion") {
        if (words.size() != 2 || words[1] != "bash") return usage("completion knows bash only");
        line.verb = Verb::Completion;
        return line;
    }
    for (auto i = PCG_TRY(takeVerb(line, words)); i < words.size(); ++i) {
        const auto& word = words[i];
        if (word == "--json") {
            line.json = true;
        } else if (word == kFollow && optionOf(line, word) != nullptr) {
            line.options[word] = "yes";
        } else if (auto* value = optionOf(line, word)) {
            if (i + 1 == words.size()) return usage(word + " needs a value");
            *value = words[++i];
        } else if (word.starts_with("--")) {
            return unknown("option", word, knownOptions(line));
        } else {
            PCG_TRY(takeWord(line, word));
        }
    }
    if (line.server.empty()) line.server = defaults.server;
    if (line.caFile.empty()) line.caFile = defaults.caFile;
    if (line.tokenFile.empty()) line.tokenFile = defaults.tokenFile;
    PCG_TRY(complete(line));
    return line;
}

std::string helpText() {
    std::string text = kHead;
    for (const auto& command : commands()) {
        std::string usageLine =
            "  pcg " + std::string(command.noun) + " " + std::string(command.verb);
        if (!command.words.empty()) usageLine += " " + std::string(command.words);
        const auto options = optionsOf(command);
        // The audit's filters are many and all alike: they do not fit a line.
        for (std::size_t i = 0; i < options.size() && i < 3; ++i) usageLine += " " + options[i];
        if (options.size() > 3) usageLine += " ...";
        if (usageLine.size() < 58) usageLine.resize(58, ' ');
        text += usageLine + "  " + std::string(command.help) + "\n";
    }
    return text + kTail;
}

}  // namespace pcg::controlplane::cli
