// SPDX-License-Identifier: Apache-2.0
// A head that decodes encodes to the same octets.
#include "common/base/assert.h"
#include "common/wire/http_head.h"

#include <algorithm>

namespace {

template <class Head>
void checkRoundTrip(const pcg::Result<Head>& head, pcg::BytesView input) {
    if (!head) return;
    const auto bytes = pcg::wire::encode(*head);
    PCG_ASSERT(bytes.has_value());
    PCG_ASSERT(std::ranges::equal(*bytes, input));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const pcg::BytesView input(data, size);
    checkRoundTrip(pcg::wire::decodeRequestHead(input), input);
    checkRoundTrip(pcg::wire::decodeResponseHead(input), input);
    return 0;
}
