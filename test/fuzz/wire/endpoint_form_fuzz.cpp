// SPDX-License-Identifier: Apache-2.0
// What is accepted reads back as itself, in every form in which it is written.
#include "common/base/bytes.h"
#include "common/wire/endpoint_form.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace pcg;
    const auto text = asText({data, size});
    if (const auto address = wire::EndpointAddress::parse(text)) {
        for (const auto& form : {address->text(), address->authority(), address->url()}) {
            const auto again = wire::EndpointAddress::parse(form);
            if (!again || *again != *address) std::abort();
        }
    }
    if (const auto name = wire::parseEndpointName(text)) {
        if (wire::parseEndpointName(*name) != *name) std::abort();
    }
    if (const auto print = wire::parseFingerprint(text)) {
        if (wire::parseFingerprint(*print) != *print) std::abort();
    }
    return 0;
}
