// SPDX-License-Identifier: Apache-2.0
// What was read and written again reads as the same tree.
#include "common/base/assert.h"
#include "common/xml/element.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace pcg;
    const xml::Limits limits{64_KiB, 32, 2000};
    const auto element = xml::parse(BytesView(data, size), limits);
    if (!element) return 0;
    const auto text = R"(<x xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">)" +
                      xml::write(*element) + "</x>";
    const auto again = xml::parse(asBytes(text), {1_MiB, 33, 2001});
    PCG_ASSERT(again && again->children.size() == 1 && again->children[0] == *element);
    return 0;
}
