// SPDX-License-Identifier: Apache-2.0
// pcg-appliance: what the machine was given at import becomes its configuration, at each boot.
#include "common/base/clock.h"
#include "common/base/secret.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <iostream>

#include <unistd.h>

#include "appliance/control/requests.h"
#include "appliance/firstboot/apply.h"
#include "appliance/firstboot/console_font.h"
#include "appliance/firstboot/read_sources.h"
#include "appliance/firstboot/system_machine.h"
#include "appliance/firstboot/write_files.h"

namespace {

using namespace pcg;
using namespace pcg::appliance;

constexpr const char* kLastGood = "/data/appliance/ovf-env.xml";
constexpr const char* kHelp =
    "pcg-appliance: makes the appliance's configuration from the properties given at import.\n\n"
    "Usage: pcg-appliance apply [--root DIR]     read them and write /etc and /run/pcg below DIR\n"
    "       pcg-appliance check FILE             say what is wrong with an OVF environment\n"
    "       pcg-appliance answer [--root DIR]    one request of the control socket, on standard "
    "input\n"
    "       pcg-appliance settle [--root DIR]    take back what a request left that was ended by "
    "force\n"
    "       pcg-appliance font CONSOLE           larger letters, where the screen has room\n\n"
    "Exit codes: 0 done (what is wrong stands in /run/pcg/properties.json), 1 a file could not be\n"
    "written or, for check, a value is wrong, 2 usage.\n";

std::string quoted(const std::string& text) {
    std::string out;
    for (const char c : text) out += static_cast<unsigned char>(c) < 0x20 ? '?' : c;
    return out;
}

void print(const std::vector<Problem>& problems) {
    for (const auto& problem : problems) {
        std::cerr << "pcg-appliance: " << problem.code << ": " << quoted(problem.subject) << ": "
                  << quoted(problem.message) << "\n";
    }
}

// A detached ISO must not unconfigure the machine at the next boot.
void remember(const std::string& root,
              const std::vector<SourceText>& sources,
              const std::string& chosen,
              std::vector<Problem>& problems) {
    for (const auto& source : sources) {
        if (source.name != chosen || source.oemStrings || chosen == "last boot") continue;
        const File file{kLastGood, 0600, std::string(asText(source.content))};
        if (const auto kept = writeFile(root, file); !kept)
            problems.push_back({"appliance.write", kLastGood, kept.error().message()});
    }
}

int apply(const std::string& root) {
    const auto sources = readSources(root);
    auto choice = chooseSource(sources);
    auto problems = std::move(choice.problems);
    const auto overrides = readOverrides(root, problems);
    const auto properties = layered(choice.properties, overrides);
    const auto read = readSettings(properties, SystemClock().wallNow());
    if (!choice.source.empty()) {
        auto more = shadowed(choice.properties, overrides, readSeen(root));
        problems.insert(problems.end(), more.begin(), more.end());
    }
    std::error_code none;
    if (std::filesystem::exists(root + "/run/pcg/data-missing", none)) {
        problems.push_back({"appliance.data_missing",
                            "data partition",
                            "Nothing is kept over a restart: the disk is full, read-only or too "
                            "small. Give the VM a writable disk of 8 GB and restart it."});
    }
    remember(root, sources, choice.source, problems);
    print(problems);
    print(read.problems);
    return applySettings(root, choice.source, properties, read, problems) ? 0 : 1;
}

// One request from standard input, its answer to standard output: what the control socket's service
// is. A client that goes away does not end what it began.
int answer(const std::string& root) {
    std::signal(SIGPIPE, SIG_IGN);
    std::string request;
    std::array<char, 4096> piece{};
    while (request.find('\n') == std::string::npos && request.size() <= kMaxRequest) {
        const auto got = ::read(STDIN_FILENO, piece.data(), piece.size());
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        request.append(piece.data(), static_cast<std::size_t>(got));
    }
    SystemMachine machine(root, STDOUT_FILENO);
    const auto said = answerRequest(request.substr(0, request.find('\n')), machine);
    machine.decided();  // what was applied is kept by now, or taken back
    machine.say(said);
    wipe(request);
    return 0;
}

// After each request: one that was ended by force (its time, no memory) has left what it tried.
int settle(const std::string& root) {
    SystemMachine machine(root, STDERR_FILENO);
    if (!machine.isUndecided() || !machine.takeTurn()) return 0;  // or somebody else's, still tried
    if (!machine.isUndecided()) return 0;                         // which was decided meanwhile
    std::cerr << "pcg-appliance: a change was not tried to its end; the values from before count "
                 "again.\n";
    const auto back = machine.apply(layered(machine.imported(), machine.overrides()), Effect{});
    if (!back) {
        std::cerr << "pcg-appliance: " << back.error().message() << "\n";
        return 1;
    }
    machine.decided();
    return 0;
}

int check(const std::string& path) {
    const auto choice = chooseSource({{path, readBounded(path)}});
    auto problems = choice.problems;
    if (choice.problems.empty() && choice.source.empty())
        problems.push_back({"appliance.environment", path, "It holds no property pcgw.*."});
    const auto read = readSettings(choice.properties, SystemClock().wallNow());
    if (!choice.source.empty())
        problems.insert(problems.end(), read.problems.begin(), read.problems.end());
    print(problems);
    return problems.empty() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> words(argv + 1, argv + argc);
    if (words.size() == 1 && (words[0] == "--help" || words[0] == "-h")) {
        std::cout << kHelp;
        return 0;
    }
    if (words.size() == 1 && words[0] == "apply") return apply("");
    if (words.size() == 3 && words[0] == "apply" && words[1] == "--root") return apply(words[2]);
    if (words.size() == 1 && words[0] == "answer") return answer("");
    if (words.size() == 3 && words[0] == "answer" && words[1] == "--root") return answer(words[2]);
    if (words.size() == 1 && words[0] == "settle") return settle("");
    if (words.size() == 3 && words[0] == "settle" && words[1] == "--root") return settle(words[2]);
    if (words.size() == 2 && words[0] == "check") return check(words[1]);
    if (words.size() == 2 && words[0] == "font") return enlargeFont(words[1]) ? 0 : 1;
    std::cerr << "pcg-appliance: it takes apply, check FILE, answer, settle or font CONSOLE. See: "
                 "pcg-appliance --help.\n";
    return 2;
}
