// SPDX-License-Identifier: Apache-2.0
#include "appliance/properties/sources.h"

namespace pcg::appliance {

Choice chooseSource(const std::vector<SourceText>& sources) {
    Choice choice;
    for (const auto& source : sources) {
        auto properties = source.oemStrings ? parseOemStrings(source.content)
                                            : parseOvfEnvironment(source.content);
        if (!properties) {
            choice.problems.push_back({std::string(properties.error().code().name()),
                                       source.name,
                                       properties.error().message() +
                                           " It was passed over; correct the VM's properties."});
            continue;
        }
        if (properties->empty()) continue;
        choice.source = source.name;
        choice.properties = std::move(*properties);
        return choice;
    }
    return choice;
}

}  // namespace pcg::appliance
