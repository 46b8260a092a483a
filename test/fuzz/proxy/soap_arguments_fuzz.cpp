// SPDX-License-Identifier: Apache-2.0
// What a call names is the same however the call is cut into pieces, is bounded, and is known
// before the octet that ends the call is let through.
#include "common/base/assert.h"
#include "vcenter-proxy/endpoint/soap_envelope.h"
#include "vcenter-proxy/policy/own_task.h"

#include <algorithm>

namespace pcg::proxy {
namespace {

struct Seen {
    bool accepted = false;
    bool asked = false;
    policy::Arguments arguments;

    friend bool operator==(const Seen&, const Seen&) = default;
};

Seen look(BytesView bytes, std::size_t piece) {
    SoapEnvelope soap;
    Seen seen;
    soap.whenCallEnds([&](const policy::Arguments& arguments) -> Result<> {
        PCG_ASSERT(!seen.asked);
        seen.asked = true;
        seen.arguments = arguments;
        return {};
    });
    seen.accepted = true;
    for (std::size_t at = 0; at < bytes.size() && seen.accepted; at += piece)
        seen.accepted =
            soap.feed(bytes.subspan(at, std::min(piece, bytes.size() - at))).has_value();
    seen.accepted = seen.accepted && soap.finish().has_value();
    if (!seen.accepted) return {};
    PCG_ASSERT(seen.asked && soap.callEnded());
    PCG_ASSERT(seen.arguments.references.size() <= policy::Arguments::kMostItems);
    PCG_ASSERT(seen.arguments.toText().size() < 4096);
    return seen;
}

}  // namespace
}  // namespace pcg::proxy

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const pcg::BytesView bytes(data, size);
    const auto whole = pcg::proxy::look(bytes, std::max<std::size_t>(size, 1));
    PCG_ASSERT(whole == pcg::proxy::look(bytes, 7));
    PCG_ASSERT(whole == pcg::proxy::look(bytes, 1));
    const auto text = pcg::asText(bytes);
    const auto task = pcg::policy::taskIn(text);
    if (task) (void)pcg::policy::lookIn(*task, text);
    (void)pcg::policy::faultIn(text);
    return 0;
}
