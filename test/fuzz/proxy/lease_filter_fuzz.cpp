// SPDX-License-Identifier: Apache-2.0
// An answer means the same however it is cut into pieces; without a device of a lease it is passed
// as it came; and what a device says is a place or is refused.
#include "common/base/assert.h"
#include "vcenter-proxy/endpoint/lease_filter.h"
#include "vcenter-proxy/endpoint/transfer_place.h"

#include <algorithm>

namespace pcg::proxy {
namespace {

struct Passed {
    bool whole = true;
    Bytes octets;
    std::size_t devices = 0;

    friend bool operator==(const Passed&, const Passed&) = default;
};

Passed pass(BytesView bytes, std::size_t piece, bool change) {
    Passed passed;
    LeaseFilter filter([&](const LeaseDevice& device) -> std::optional<std::string> {
        ++passed.devices;
        const auto place = parseTransferPlace(device.url, device.thumbprint, "vc:443");
        if (place) PCG_ASSERT(place->target.starts_with('/') && !place->name.empty());
        if (!change) return std::nullopt;
        return "https://gw/nfc/token/disk";
    });
    for (std::size_t at = 0; at < bytes.size() && passed.whole; at += piece) {
        passed.whole =
            filter.feed(bytes.subspan(at, std::min(piece, bytes.size() - at)), passed.octets)
                .has_value();
    }
    passed.whole = passed.whole && filter.finish(passed.octets).has_value();
    return passed;
}

}  // namespace
}  // namespace pcg::proxy

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace pcg;
    const BytesView bytes(data, size);
    const auto whole = proxy::pass(bytes, std::max<std::size_t>(size, 1), true);
    const auto pieces = proxy::pass(bytes, 5, true);
    PCG_ASSERT(whole.whole == pieces.whole);
    if (whole.whole) PCG_ASSERT(whole == pieces);
    const auto unchanged = proxy::pass(bytes, 64, false);
    if (unchanged.whole) {
        PCG_ASSERT(std::equal(
            unchanged.octets.begin(), unchanged.octets.end(), bytes.begin(), bytes.end()));
    }
    (void)proxy::leaseInAnswer(bytes);
    return 0;
}
