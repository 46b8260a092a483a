// SPDX-License-Identifier: Apache-2.0
// Bodies that both ends can make and check, a server behind the gateway, and the memory it all
// takes.
#pragma once

#include "common/base/clock.h"
#include "common/crypto/digest.h"
#include "common/http/client.h"
#include "common/http/exchange.h"

#include <algorithm>
#include <fstream>
#include <string>

namespace pcg::test {

inline ByteCount residentBytes() {
    std::ifstream file("/proc/self/statm");
    ByteCount total = 0;
    ByteCount resident = 0;
    file >> total >> resident;
    return resident * 4096;
}

// The bytes of a transfer, the same on both sides, cheap to make and never twice the same in a row.
class Pattern {
  public:
    void fill(MutableBytes bytes) {
        for (auto& octet : bytes) {
            state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
            octet = static_cast<std::uint8_t>(state_ >> 56);
        }
    }

  private:
    std::uint64_t state_ = 88172645463325252ULL;
};

inline crypto::Digest256 patternDigest(ByteCount size) {
    Pattern pattern;
    crypto::Sha256 hash;
    Bytes chunk(64 * 1024);
    for (ByteCount done = 0; done < size;) {
        const auto count = std::min<ByteCount>(chunk.size(), size - done);
        const auto part = MutableBytes(chunk).first(static_cast<std::size_t>(count));
        pattern.fill(part);
        hash.update(part);
        done += count;
    }
    return hash.finish();
}

template <class Writer>
net::Task<Result<>> writePattern(Writer& writer, ByteCount size) {
    Pattern pattern;
    Bytes chunk(100'000);
    for (ByteCount done = 0; done < size;) {
        const auto count = std::min<ByteCount>(chunk.size(), size - done);
        const auto part = MutableBytes(chunk).first(static_cast<std::size_t>(count));
        pattern.fill(part);
        PCG_CO_CHECK(co_await writer.writeBody(part));
        done += count;
    }
    co_return Result<>{};
}

struct Received {
    ByteCount size = 0;
    crypto::Digest256 digest{};
};

template <class Reader>
net::Task<Result<Received>> readAll(Reader& reader) {
    Received received;
    crypto::Sha256 hash;
    Bytes buffer(64 * 1024);
    for (;;) {
        const MutableBytes into(buffer);
        PCG_CO_TRY(const std::size_t count, co_await reader.readBody(into));
        if (count == 0) break;
        hash.update(BytesView(buffer).first(count));
        received.size += count;
    }
    received.digest = hash.finish();
    co_return received;
}

// What the gateway's side saw.
struct Seen {
    unsigned broken = 0;
    bool clientGone = false;
    SteadyTime goneAt;
};

// PUT: hashes the body and answers with the digest. GET /<n>: n bytes. POST: waits until the client
// is gone.
inline net::Task<void> serve(net::Loop& loop, Seen& seen, http::Exchange& exchange) {
    const auto& request = exchange.request();
    http::ResponseHead head;
    if (request.method == "PUT") {
        const auto received = co_await readAll(exchange);
        if (!received) {
            ++seen.broken;
            co_return;
        }
        (void)co_await http::respondWhole(exchange, std::move(head), received->digest);
    } else if (request.method == "GET") {
        const auto size = std::stoull(request.target.substr(1));
        head.body = http::BodyFraming::ofLength(size);
        auto sent = co_await exchange.respond(std::move(head));
        if (sent) sent = co_await writePattern(exchange, size);
        if (sent) sent = co_await exchange.finish();
        if (!sent) ++seen.broken;
    } else {
        net::Timer timer(loop, SteadyTime::max());
        exchange.onClientGone([&] {
            seen.clientGone = true;
            seen.goneAt = std::chrono::steady_clock::now();
            timer.cancel();
        });
        (void)co_await timer.async_wait(net::kAwaitTuple);
    }
}

}  // namespace pcg::test
