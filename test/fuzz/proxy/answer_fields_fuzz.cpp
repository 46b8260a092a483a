// SPDX-License-Identifier: Apache-2.0
// The fields of an answer lie in it one behind the other, and saying one of them differently
// changes nothing but its octets: what is read again is the same, but for that one.
#include "common/base/assert.h"
#include "vcenter-proxy/endpoint/answer_fields.h"
#include "vcenter-proxy/phases/guest_answer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace pcg;
    const BytesView answer{data, size};
    (void)proxy::checkTicketType(answer);
    const auto fields = proxy::resultFields(answer);
    if (!fields) return 0;
    std::size_t at = 0;
    for (const auto& field : *fields) {
        PCG_ASSERT(at <= field.begin && field.begin <= field.text_begin);
        PCG_ASSERT(field.text_begin <= field.text_end && field.text_end <= field.end);
        PCG_ASSERT(field.end <= size);
        at = field.end;
    }
    for (std::size_t i = 0; i < fields->size(); ++i) {
        const auto& field = (*fields)[i];
        if (!field.plain || field.text.empty()) continue;
        const std::string said = "<new> & \"other\"";
        const auto text = proxy::withEdits(answer, {{&field, said}});
        const auto again = proxy::resultFields(asBytes(text));
        PCG_ASSERT(again.has_value() && again->size() == fields->size());
        PCG_ASSERT((*again)[i].text == said && (*again)[i].name == field.name);
        for (std::size_t j = 0; j < fields->size(); ++j)
            PCG_ASSERT(i == j || (*again)[j].text == (*fields)[j].text);
    }
    return 0;
}
