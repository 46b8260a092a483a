// SPDX-License-Identifier: Apache-2.0
#include "appliance/admin/bundle_parts.h"

#include "gateway/ctl/ctl.h"

#include <fstream>
#include <sstream>

#include "appliance/admin/diagnosis.h"
#include "appliance/admin/machine_client.h"
#include "appliance/console/machine.h"

namespace pcg::appliance {
namespace {

namespace json = codec::json;

// What another verb of pcgctl prints, without the terminal's part in it.
std::string printed(const std::string& socket, std::vector<std::string> words) {
    words.insert(words.begin(), {"--socket", socket});
    std::istringstream in;
    std::ostringstream out;
    std::ostringstream err;
    gateway::ctl::run(words, in, out, err);
    return out.str() + err.str();
}

std::string readSmall(const char* path) {
    std::ifstream in(path, std::ios::binary);
    std::string text(64 * 1024, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    return text;
}

}  // namespace

std::vector<BundlePart> bundleParts(const std::string& socket) {
    ClockLook clock;
    const auto facts = lookAround(socket, clock);
    std::vector<BundlePart> parts{
        {"diagnosis.txt", diagnosisText(fullLadder(facts), facts.problems)},
        {"status.json", printed(socket, {"--json", "status"})},
        {"endpoints.json", printed(socket, {"--json", "endpoint", "list"})},
        {"keys.txt", printed(socket, {"key", "list"})},
        {"policy.txt", printed(socket, {"policy", "show"})},
        {"audit.txt", printed(socket, {"audit"})},
        {"routes.txt", readSmall("/proc/net/route") + readSmall("/proc/net/ipv6_route")},
        {"addresses.txt", readSmall("/proc/net/fib_trie") + readSmall("/proc/net/if_inet6")},
        {"sockets.txt",
         readSmall("/proc/net/tcp") + readSmall("/proc/net/tcp6") + readSmall("/proc/net/udp") +
             readSmall("/proc/net/udp6")},
        {"memory.txt", readSmall("/proc/meminfo") + readSmall("/proc/loadavg")},
        {"properties.json", readSmall("/run/pcg/properties.json")},
    };
    const MachineClient machine;
    if (!machine.exists()) return parts;
    const auto settings = machine.ask(toDo("show"));
    if (settings) parts.push_back({"settings.json", json::write(*settings) + "\n"});
    const auto journal = machine.ask(toDo("journal"));
    const auto lines = journal ? journal->string("journal", kMaxReply) : Result<std::string>("");
    parts.push_back({"journal.txt", lines ? *lines : std::string("It could not be read.\n")});
    return parts;
}

}  // namespace pcg::appliance
