// SPDX-License-Identifier: Apache-2.0
#include "appliance/firstboot/apply.h"

#include <algorithm>
#include <filesystem>
#include <iostream>

#include <unistd.h>

#include "appliance/firstboot/read_sources.h"
#include "appliance/firstboot/write_files.h"

namespace pcg::appliance {

Overrides readOverrides(const std::string& root, std::vector<Problem>& problems) {
    const auto bytes = readBounded(root + kOverridesPath);
    if (bytes.empty()) return {};
    auto overrides = parseOverrides(asText(bytes));
    if (overrides) return std::move(*overrides);
    problems.push_back({"appliance.overrides",
                        kOverridesPath,
                        "What was changed on this machine cannot be read, so the values of the "
                        "import count: " +
                            overrides.error().message()});
    return {};
}

ImportSeen readSeen(const std::string& root) {
    auto seen = parseOverrides(asText(readBounded(root + kSeenPath)));
    return seen ? std::move(*seen) : ImportSeen{};
}

bool applySettings(const std::string& root,
                   const std::string& source,
                   const Properties& properties,
                   const ReadSettings& read,
                   const std::vector<Problem>& more) {
    auto problems = more;
    problems.insert(problems.end(), read.problems.begin(), read.problems.end());
    auto files = networkFiles(read.settings);
    for (auto& file : gatewayFiles(read.settings)) files.push_back(std::move(file));
    files.push_back(egressFile(read.settings));
    Overrides running;
    for (const auto& name : propertyNames())
        if (const auto value = properties.find(name); value != properties.end())
            running.insert(*value);
    files.push_back({kRunningPath, 0600, writeOverrides(running)});
    bool good = true;
    const auto write = [&root, &good, &problems](const File& file) {
        const auto written = writeFile(root, file);
        if (written) return;
        std::cerr << "pcg-appliance: " << written.error().message() << "\n";
        problems.push_back({"appliance.write", file.path, written.error().message()});
        good = false;
    };
    for (const auto& file : files) write(file);
    write(reportFile(source, read.settings, problems));  // last: it names what could not be written
    for (const auto& path : optionalFiles()) {
        const bool wanted =
            std::ranges::any_of(files, [&path](const File& file) { return file.path == path; });
        std::error_code gone;
        if (!wanted) std::filesystem::remove(root + path, gone);
    }
    const auto& name = read.settings.hostname;
    if (root.empty() && ::sethostname(name.data(), name.size()) != 0) good = false;
    return good;
}

}  // namespace pcg::appliance
