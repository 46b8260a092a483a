// SPDX-License-Identifier: Apache-2.0
// What admission lets through is read by a second parser in the same way, and its reserialised form
// is admitted again as the same request.
#include "common/base/assert.h"
#include "common/http/admission.h"
#include "common/http/parser.h"
#include "common/http/wire_format.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace pcg;
    const auto text = asText(BytesView(data, size));
    const auto end = http::findHeadEnd(text);
    const auto head = end == 0 ? text : text.substr(0, end);
    const auto first = http::admit(head, {});
    if (!first) return 0;
    PCG_ASSERT(end == text.size() || end > 0);
    PCG_ASSERT(http::RequestBodyParser::create(head, *first));

    const auto again = http::formatRequestHead(first->head);
    PCG_ASSERT(again.has_value());
    const auto second = http::admit(*again, {});
    PCG_ASSERT(second.has_value());
    PCG_ASSERT(second->head.method == first->head.method);
    PCG_ASSERT(second->head.target == first->head.target);
    PCG_ASSERT(second->head.headers == first->head.headers);
    PCG_ASSERT(second->host == first->host);
    // "no body" is written as an explicit zero for POST and its like.
    const bool sameBody = second->head.body == first->head.body ||
                          (first->head.body == http::BodyFraming::none() &&
                           second->head.body == http::BodyFraming::ofLength(0));
    PCG_ASSERT(sameBody);
    return 0;
}
