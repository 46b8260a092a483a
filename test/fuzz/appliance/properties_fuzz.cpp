// SPDX-License-Identifier: Apache-2.0
// Whatever a hypervisor hands over: what is read from it never breaks a line of a file that is made
// of it, and the console stays within its screen.
#include "common/base/assert.h"

#include <algorithm>

#include "appliance/console/frame.h"
#include "appliance/properties/sources.h"
#include "appliance/render/files.h"

namespace {

// Each line of a unit file is a section, a KEY=VALUE of ours, or empty.
void checkUnit(const std::string& text) {
    std::size_t at = 0;
    while (at < text.size()) {
        const auto end = std::min(text.find('\n', at), text.size());
        const auto line = text.substr(at, end - at);
        PCG_ASSERT(line.empty() || line.front() == '[' || line.find('=') != std::string::npos);
        PCG_ASSERT(std::ranges::all_of(line, [](char c) { return c >= 0x20 && c < 0x7f; }));
        at = end + 1;
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace pcg;
    using namespace pcg::appliance;
    const Bytes bytes(data, data + size);
    const auto choice = chooseSource({{"fw_cfg", bytes, false}, {"SMBIOS", bytes, true}});
    const auto read = readSettings(choice.properties, fromUnixMilliseconds(1'800'000'000'000));
    for (const auto& file : networkFiles(read.settings))
        if (file.path.ends_with(".network") || file.path.ends_with(".conf"))
            checkUnit(file.content);
    for (const auto& file : gatewayFiles(read.settings)) PCG_ASSERT(file.content.ends_with('\n'));
    Facts facts;
    facts.problems = read.problems;
    facts.gateway.state = "confirm";
    facts.gateway.tenantName = std::string(asText(bytes));
    const auto lines = frame(facts, "#");
    PCG_ASSERT(lines.size() <= kRows);
    for (const auto& line : lines) PCG_ASSERT(line.size() <= kColumns);
    return 0;
}
