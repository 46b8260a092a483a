// SPDX-License-Identifier: Apache-2.0
// Hostile messages into a Mux that also has calls of its own. Input: records of a 2-octet length
// and a message; the length's top bits say what the application does in between. Whatever comes,
// the bounds hold and after the silence limit nothing is left.
#include "common/base/assert.h"
#include "common/stream/mux.h"

namespace {

using namespace pcg;
using namespace pcg::stream;

wire::RequestHead head() {
    return {.endpoint = wire::EndpointId::unchecked("ep_00000000000000000000000000"),
            .requestId = wire::RequestId::unchecked("00000000000000aa"),
            .ttl = std::chrono::seconds(30),
            .surface = {},
            .method = "GET",
            .target = "/",
            .headers = {},
            .framing = {wire::Framing::Kind::Chunked, 0}};
}

// Reads what there is; releases what failed or is over.
void attend(Mux& mux, Handle handle) {
    Bytes buffer(512);
    while (const auto count = mux.read(handle, buffer)) mux.consumed(handle, count);
    const auto view = mux.view(handle);
    if (view.failure != nullptr || view.ended) mux.release(handle);
}

void serve(Mux& mux, SteadyTime now, unsigned how) {
    while (const auto handle = mux.nextAccepted()) {
        (void)mux.takeRequest(*handle);
        if ((how & 1) != 0) (void)mux.respond(*handle, wire::ResponseHead{}, now);
        if ((how & 2) != 0) mux.finish(*handle, now);
        attend(mux, *handle);
    }
    while (const auto handle = mux.nextChanged()) attend(mux, *handle);
    while (mux.poll(now, Lane::All)) {
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Limits limits;
    limits.streamsPerRoute = 8;
    limits.streams = 12;
    limits.peers = 4;
    limits.routeWindow = 1_MiB;
    WindowPool pool(2_MiB);
    Mux mux(0xaaaa, limits, pool);
    SteadyTime now{std::chrono::seconds(100)};
    mux.linkUp(1, now);
    (void)mux.open(0, head(), now);
    (void)mux.open(0, head(), now);
    serve(mux, now, 0);
    BytesView rest(data, size);
    while (rest.size() >= 2) {
        const unsigned how = rest[0] >> 6;
        const auto length =
            std::min<std::size_t>((rest[0] & 0x3fU) << 8 | rest[1], rest.size() - 2);
        (void)mux.receive(0, rest.subspan(2, length), now);
        rest = rest.subspan(2 + length);
        serve(mux, now, how);
        PCG_ASSERT(mux.liveStreams() <= limits.streams && mux.knownPeers() <= limits.peers);
        now += std::chrono::milliseconds(how * 700);
        mux.tick(now);
    }
    for (int i = 0; i < 5; ++i) {
        now += std::chrono::seconds(10);
        mux.tick(now);
        serve(mux, now, 0);
    }
    return 0;
}
