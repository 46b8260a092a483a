// SPDX-License-Identifier: Apache-2.0
// Two Muxes and a wire whose messages the test delivers, loses or doubles by hand.
#pragma once

#include "common/stream/mux.h"

#include <gtest/gtest.h>

#include <deque>

namespace pcg::stream::test {

using namespace std::chrono_literals;

struct Side {
    explicit Side(std::uint64_t instance, Limits limits = {}) : mux(instance, limits, pool) {}

    WindowPool pool{wire::kMaxGlobalWindow};
    Mux mux;
    std::deque<Outgoing> wire;
};

inline wire::RequestHead requestOf(wire::Framing framing, std::chrono::milliseconds ttl = 30s) {
    return {.endpoint = wire::EndpointId::unchecked("ep_00000000000000000000000000"),
            .requestId = wire::RequestId::unchecked("00000000000000aa"),
            .ttl = ttl,
            .surface = {},
            .method = "POST",
            .target = "/sdk",
            .headers = {},
            .framing = framing};
}

inline wire::Framing ofLength(ByteCount length) { return {wire::Framing::Kind::Length, length}; }

inline constexpr wire::Framing kChunked{wire::Framing::Kind::Chunked, 0};

class MuxPair : public testing::Test {
  protected:
    MuxPair() {
        ingress.mux.linkUp(1, now);
        gateway.mux.linkUp(1, now);
    }

    void collect(Side& side) {
        while (auto outgoing = side.mux.poll(now, Lane::All))
            side.wire.push_back(std::move(*outgoing));
    }

    static constexpr std::uint64_t kRoute = 7;

    void deliverOne(Side& from) {
        auto outgoing = std::move(from.wire.front());
        from.wire.pop_front();
        auto& to = &from == &ingress ? gateway : ingress;
        ASSERT_TRUE(to.mux.receive(&from == &ingress ? 0 : kRoute, outgoing.message, now));
    }

    void settle() {
        for (bool isBusy = true; isBusy;) {
            isBusy = false;
            for (auto* side : {&ingress, &gateway}) {
                collect(*side);
                for (; !side->wire.empty(); isBusy = true) deliverOne(*side);
            }
        }
    }

    void pass(std::chrono::milliseconds time) {
        now += time;
        ingress.mux.tick(now);
        gateway.mux.tick(now);
    }

    Handle open(wire::Framing framing) {
        return ingress.mux.open(kRoute, requestOf(framing), now).value();
    }

    // Opens a call whose body is not known yet and returns the gateway's handle of it.
    Handle openAndAccept(Handle& asked) {
        asked = open(kChunked);
        settle();
        const auto accepted = gateway.mux.nextAccepted();
        requireHandle(accepted);
        gateway.mux.takeRequest(*accepted);
        return *accepted;
    }

    static void requireHandle(const std::optional<Handle>& handle) {
        if (!handle) throw std::runtime_error("nothing was accepted");
    }

    static Bytes bytes(std::size_t count) { return Bytes(count, 0x5a); }

    std::string readAll(Side& side, Handle handle) {
        std::string text;
        Bytes buffer(4096);
        while (const auto count = side.mux.read(handle, buffer)) {
            text += asText(BytesView(buffer).first(count));
            side.mux.consumed(handle, count);
        }
        return text;
    }

    void respond(Handle handle, wire::Framing framing) {
        const wire::ResponseHead head{
            .status = 200, .reason = {}, .headers = {}, .framing = framing};
        ASSERT_TRUE(gateway.mux.respond(handle, head, now));
    }

    SteadyTime now{1000s};
    Side ingress{0xaa};
    Side gateway{0xbb};
};

}  // namespace pcg::stream::test
