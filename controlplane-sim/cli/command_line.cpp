// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/cli/command_line.h"

#include "common/base/text.h"

#include <algorithm>

namespace pcg::controlplane::cli {

const char* const kHelp =
    "pcg - a tenant's own end of the Private Cloud Gateway\n"
    "\n"
    "  pcg pair CODE --server URL --ca FILE --token-file FILE [--label NAME] [--json]\n"
    "      Binds the gateway whose console shows CODE to your tenant. The code stays in this "
    "process;\n"
    "      only its first four symbols are sent. You compare a number with the gateway's console.\n"
    "      CODE may be - : then it is the first line of stdin.\n"
    "\n"
    "  pcg gateways --server URL --ca FILE --token-file FILE [--json]\n"
    "      Lists your tenant's gateways.\n"
    "\n"
    "  --server URL       the control plane, https://HOST:PORT\n"
    "  --ca FILE          its root certificate, PEM\n"
    "  --token-file FILE  your API token\n"
    "  --label NAME       what you call the gateway; \"gateway\" if left out\n"
    "  --json             one JSON object a line; answers are read as y or n lines from stdin\n"
    "\n"
    "Exit code: 0 done, 1 failed (the reason is printed), 2 wrong usage.\n";

namespace {

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

std::string* optionOf(CommandLine& line, const std::string& word) {
    if (word == "--server") return &line.server;
    if (word == "--ca") return &line.caFile;
    if (word == "--token-file") return &line.tokenFile;
    if (word == "--label" && line.verb == Verb::Pair) return &line.label;
    return nullptr;
}

Result<> complete(const CommandLine& line) {
    if (line.verb == Verb::Pair && line.code.empty()) {
        return usage("pcg pair needs the code that the gateway's console shows");
    }
    if (line.server.empty()) return usage("--server is missing");
    if (line.caFile.empty()) return usage("--ca is missing");
    if (line.tokenFile.empty()) return usage("--token-file is missing");
    return {};
}

}  // namespace

Result<CommandLine> parseCommandLine(const std::vector<std::string>& words) {
    CommandLine line;
    const auto isHelp = [](const std::string& word) { return word == "--help" || word == "-h"; };
    if (std::any_of(words.begin(), words.end(), isHelp) ||
        (words.size() == 1 && words[0] == "help"))
        return line;
    if (words.empty()) return usage("what shall be done? pair or gateways");
    if (words[0] == "pair")
        line.verb = Verb::Pair;
    else if (words[0] == "gateways")
        line.verb = Verb::Gateways;
    else
        return unknown("verb", words[0], {"pair", "gateways"});
    for (std::size_t i = 1; i < words.size(); ++i) {
        const auto& word = words[i];
        if (word == "--json") {
            line.json = true;
        } else if (auto* value = optionOf(line, word)) {
            if (i + 1 == words.size()) return usage(word + " needs a value");
            *value = words[++i];
        } else if (word.starts_with("--")) {
            return unknown(
                "option", word, {"--server", "--ca", "--token-file", "--label", "--json"});
        } else if (line.verb == Verb::Pair && line.code.empty()) {
            line.code = word;
        } else if (line.verb == Verb::Pair) {
            // A code typed with blanks.
            line.code += " " + word;
        } else {
            return usage("\"" + word.substr(0, 64) + "\" is too much");
        }
    }
    PCG_TRY(complete(line));
    return line;
}

}  // namespace pcg::controlplane::cli
