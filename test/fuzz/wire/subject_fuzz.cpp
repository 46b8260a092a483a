// SPDX-License-Identifier: Apache-2.0
// A subject that parses is one that the builders make.
#include "common/base/assert.h"
#include "common/wire/subjects.h"

#include <algorithm>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace pcg::wire;
    const auto text = pcg::asText({data, size});
    const auto parsed = parseSubject(text);
    if (!parsed) return 0;
    const GatewaySubjects subjects(parsed->nkey);
    std::vector<std::string> built{subjects.open(),
                                   subjects.hello(),
                                   subjects.inventory(),
                                   subjects.heartbeat(),
                                   subjects.welcome(),
                                   subjects.unpair(),
                                   subjects.renewNow(),
                                   subjects.ping()};
    if (parsed->instance) {
        built.push_back(subjects.toGateway(*parsed->instance));
        built.push_back(subjects.toIngress(*parsed->instance));
    }
    PCG_ASSERT(std::ranges::count(built, text) == 1);
    return 0;
}
