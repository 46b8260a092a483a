// SPDX-License-Identifier: Apache-2.0
#include "gateway/ctl/arguments.h"

#include "common/base/text.h"
#include "gateway/errc.h"

#include <algorithm>

namespace pcg::gateway::ctl {
namespace {

const Option kUsername{"--username", "USER", "The endpoint's real user."};
const Option kPasswordFile{
    "--password-file", "FILE", "File with the password in its first line; - reads stdin."};
const Option kApiKeyFile{
    "--api-key-file", "FILE", "Instead, of a MAAS: file with its API key, C:T:S; - reads stdin."};

std::vector<std::string> wordsOf(const Verb& verb) {
    std::vector<std::string> words;
    for (const auto word : split(verb.words, ' ')) words.emplace_back(word);
    return words;
}

tl::unexpected<Error> usage(const std::string& sentence) { return fail(errc::kUsage, sentence); }

// The verb that the first words name, and how many words that took.
Result<std::pair<const Verb*, std::size_t>> findVerb(const std::vector<std::string>& words) {
    std::vector<std::string> known;
    for (const auto& verb : verbs()) {
        const auto expected = wordsOf(verb);
        if (words.size() >= expected.size() &&
            std::equal(expected.begin(), expected.end(), words.begin())) {
            return std::pair(&verb, expected.size());
        }
        known.emplace_back(verb.words);
    }
    const auto asked =
        words.size() > 1 && !words[1].starts_with('-') ? words[0] + " " + words[1] : words[0];
    const auto meant = didYouMean(asked, known);
    return usage("\"" + asked + "\" is not a verb." +
                 (meant ? " Did you mean \"" + *meant + "\"?" : " See: pcgctl --help."));
}

Result<> takeOption(Command& command, const std::vector<std::string>& words, std::size_t& at) {
    const auto& name = words[at];
    std::vector<std::string> known{"--json", "--socket", "--help"};
    for (const auto& option : command.verb->options) {
        if (option.name != name) {
            known.emplace_back(option.name);
            continue;
        }
        if (option.value.empty()) {
            command.options[name] = "";
            return {};
        }
        if (at + 1 >= words.size())
            return usage(name + " needs a value: " + std::string(option.value) + ".");
        if (!command.options.emplace(name, words[++at]).second)
            return usage(name + " is given twice.");
        return {};
    }
    const auto longer = std::find_if(known.begin(), known.end(), [&](const std::string& option) {
        return option.starts_with(name);
    });
    const auto meant = longer != known.end() ? std::optional(*longer) : didYouMean(name, known);
    return usage("\"" + name + "\" is not an option of " + std::string(command.verb->words) + "." +
                 (meant ? " Did you mean " + *meant + "?" : ""));
}

Result<> checkComplete(const Command& command) {
    const auto& verb = *command.verb;
    const bool isNeeded = !verb.operand.empty() && !verb.operand.starts_with('[');
    if (isNeeded && command.operand.empty()) {
        return usage(std::string(verb.words) + " needs " + std::string(verb.operand) +
                     ". See: pcgctl " + std::string(verb.words) + " --help.");
    }
    for (const auto& option : verb.options) {
        if (option.required && !command.has(option.name)) {
            return usage(std::string(verb.words) + " needs " + std::string(option.name) + " " +
                         std::string(option.value) + ".");
        }
    }
    return {};
}

// --socket, --json and --help may stand anywhere.
Result<std::vector<std::string>> takeCommon(const std::vector<std::string>& arguments,
                                            Command& command,
                                            bool& help) {
    std::vector<std::string> rest;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        if (arguments[i] == "--json") {
            command.json = true;
        } else if (arguments[i] == "--help" || arguments[i] == "-h") {
            help = true;
        } else if (arguments[i] == "--socket") {
            if (i + 1 >= arguments.size()) return usage("--socket needs a value: PATH.");
            command.socket = arguments[++i];
        } else {
            rest.push_back(arguments[i]);
        }
    }
    return rest;
}

std::string padded(std::string text) {
    text.resize(std::max<std::size_t>(text.size() + 1, 34), ' ');
    return "  " + text;
}

std::string synopsis(const Verb& verb) {
    return std::string(verb.words) + (verb.operand.empty() ? "" : " " + std::string(verb.operand));
}

}  // namespace

std::span<const Verb> verbs() {
    static const std::vector<Verb> kVerbs{
        {"status", "", "What the gateway does and what needs attention.", {}},
        {"pairing show", "", "The pairing code, or the question to answer.", {}},
        {"pairing accept",
         "",
         "Give this gateway to the tenant that asks.",
         {{"--remote",
           "WHAT",
           "What it may administer: nothing, endpoints, keys or all. Asked for at a terminal; else "
           "as configured (nothing)."}}},
        {"pairing reject", "", "Refuse the tenant that asks.", {}},
        {"unpair",
         "",
         "Give the gateway back: forget the tenant, its endpoints and keys.",
         {{"--yes", "", "Do not ask for the confirmation word."}}},
        {"endpoint add",
         "NAME",
         "Register a vCenter or a MAAS.",
         {{"--kind", "KIND", "vcenter (the default) or maas."},
          {"--url", "URL", "https://HOST[:PORT]", true},
          kUsername,
          kPasswordFile,
          kApiKeyFile,
          {"--ca-file", "FILE", "PEM file of the authority that signs its certificate."},
          {"--pin-sha256", "HEX", "Or: SHA-256 of its certificate, 64 hex digits."},
          {"--ask", "", "Or: show its certificate and wait for endpoint approve."}}},
        {"endpoint update",
         "NAME",
         "Change an endpoint; what is not named stays.",
         {{"--name", "NEW", "Another name."},
          {"--url", "URL", "Another address."},
          {"--ca-file", "FILE", "PEM file of the authority that signs its certificate."},
          {"--pin-sha256", "HEX", "Or: SHA-256 of its certificate, 64 hex digits."},
          {"--ask", "", "Or: show its certificate and wait for endpoint approve."}}},
        {"endpoint approve",
         "NAME",
         "Trust the certificate that an endpoint shows now.",
         {{"--sha256", "HEX", "Its SHA-256, as endpoint check shows it.", true}}},
        {"endpoint list", "", "The endpoints and how they fare.", {}},
        {"endpoint check", "NAME", "Look at an endpoint now.", {}},
        {"endpoint credentials",
         "NAME",
         "Replace the real credentials; shows the address that gets them and asks.",
         {kUsername,
          kPasswordFile,
          kApiKeyFile,
          {"--address", "URL", "The endpoint's address, so that nothing is asked."}}},
        {"endpoint remove", "NAME", "Forget an endpoint and its access keys.", {}},
        {"key create",
         "",
         "Make an access key; its password is shown once.",
         {{"--endpoint", "NAME", "For which endpoint.", true},
          {"--role", "ROLE", "inventory, deploy, full, or a role of the policy file.", true},
          {"--label", "TEXT", "What it is for."},
          {"--expires-in-s", "SECONDS", "How long it is good; for ever if not given."}}},
        {"key list", "", "The access keys, without their passwords.", {}},
        {"key revoke", "ID", "End an access key and its sessions.", {}},
        {"remote show", "", "What the tenant may administer from the portal.", {}},
        {"remote allow", "WHAT", "Let the tenant administer: endpoints, keys or all.", {}},
        {"remote deny", "[WHAT]", "Let it no longer: endpoints, keys, or all if not said.", {}},
        {"policy show", "", "The policy file in force, as it was written.", {}},
        {"policy check", "FILE", "Look at a policy file on this machine; asks no gateway.", {}},
        {"policy set", "FILE", "Put a policy file in force, for every request from now on.", {}},
        {"policy remove", "", "Back to the built-in roles.", {}},
        {"policy explain",
         "REQUEST",
         "Which rule decides about a request, and why.",
         {{"--endpoint", "NAME", "At which endpoint."},
          {"--key", "ID", "By which access key."},
          {"--role", "ROLE", "Or: by a key of this role, one of the file's too (default full)."},
          {"--file", "FILE", "By this file instead of the one in force."},
          {"--at-s", "SECONDS", "At this time (date +%s) instead of now."}}},
        {"policy learn",
         "WHAT",
         "on, off: observe requests; show: the policy that allows them.",
         {}},
        {"policy dry-run", "FILE", "What of the observed requests a file would have refused.", {}},
        {"policy read-only",
         "WHAT",
         "on: nothing is changed at any endpoint, from now on; off.",
         {}},
        {"pause",
         "",
         "Cut all access from the SaaS, now, running transfers included.",
         {{"--why", "TEXT", "Kept in the status and the audit."}}},
        {"resume", "", "Let access in again.", {}},
        {"audit", "", "The newest audit lines.", {}},
    };
    return kVerbs;
}

std::string Command::option(std::string_view name) const {
    const auto found = options.find(name);
    return found == options.end() ? std::string() : found->second;
}

Result<Command> parseArguments(const std::vector<std::string>& arguments) {
    Command command;
    command.socket = kDefaultSocket;
    bool help = false;
    const auto words = PCG_TRY(takeCommon(arguments, command, help));
    if (words.empty()) {
        if (help) return command;
        return usage("A verb is missing. See: pcgctl --help.");
    }
    const auto [verb, used] = PCG_TRY(findVerb(words));
    command.verb = verb;
    if (help) {
        command.options["--help"] = "";
        return command;
    }
    for (std::size_t i = used; i < words.size(); ++i) {
        if (words[i].starts_with("--")) {
            PCG_TRY(takeOption(command, words, i));
        } else if (!verb->operand.empty() && command.operand.empty() && !words[i].empty()) {
            command.operand = words[i];
        } else {
            return usage("\"" + words[i] + "\" is one word too many for " +
                         std::string(verb->words) + ".");
        }
    }
    PCG_TRY(checkComplete(command));
    return command;
}

std::string helpText() {
    std::string text =
        "pcgctl: looks after the gateway on this machine.\n\n"
        "Usage: pcgctl [--socket PATH] [--json] VERB ...\n\nVerbs:\n";
    for (const auto& verb : verbs()) text += padded(synopsis(verb)) + std::string(verb.help) + "\n";
    return text + "\nOptions:\n" + padded("--socket PATH") +
           "The gateway's control socket, STATE_DIR/control.sock\n" + padded("") + "(default " +
           std::string(kDefaultSocket) + ").\n" + padded("--json") + "Print the answer as JSON.\n" +
           padded("--help") +
           "This text, or that of a verb.\n\nExit codes: 0 done, 1 failed, 2 usage.\n";
}

std::string helpFor(const Verb& verb) {
    std::string text = "Usage: pcgctl " + synopsis(verb);
    for (const auto& option : verb.options) {
        const auto shown = std::string(option.name) +
                           (option.value.empty() ? "" : " " + std::string(option.value));
        text += option.required ? " " + shown : " [" + shown + "]";
    }
    text += "\n\n" + std::string(verb.help) + "\n";
    if (!verb.options.empty()) text += "\n";
    for (const auto& option : verb.options) {
        text += padded(std::string(option.name) + " " + std::string(option.value)) +
                std::string(option.help) + "\n";
    }
    return text;
}

}  // namespace pcg::gateway::ctl
