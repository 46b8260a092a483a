// SPDX-License-Identifier: Apache-2.0
// Server and client on one loop, a gibibyte each way, memory bounded.
#include "common/http/client.h"
#include "common/http/server.h"
#include "test/support/log_capture.h"
#include "test/support/sanitized.h"
#include "test/unit/http/loop_thread.h"

#include <gtest/gtest.h>

#include <fstream>

namespace pcg::http {
namespace {

using test::LoopThread;
using namespace std::chrono_literals;

constexpr ByteCount kStreamBytes = pcg::test::kSanitized ? 64_MiB : 1024_MiB;

net::Task<void> countAndSend(Exchange& exchange, ByteCount& received) {
    Bytes buffer(128 * 1024);
    for (;;) {
        const MutableBytes into(buffer);
        const auto count = co_await exchange.readBody(into);
        if (!count || *count == 0) break;
        received += *count;
    }
    ResponseHead head;
    head.body = BodyFraming::chunked();
    co_await exchange.respond(std::move(head));
    for (ByteCount sent = 0; sent < kStreamBytes; sent += buffer.size()) {
        const BytesView piece(buffer);
        co_await exchange.writeBody(piece);
    }
    co_await exchange.finish();
}

net::Task<ByteCount> upAndDown(Client& client) {
    RequestHead head{"POST", "/", {}, BodyFraming::ofLength(kStreamBytes)};
    auto call = co_await client.start(std::move(head));
    Bytes buffer(128 * 1024);
    for (ByteCount sent = 0; sent < kStreamBytes; sent += buffer.size()) {
        const BytesView piece(buffer);
        co_await (*call)->writeBody(piece);
    }
    co_await (*call)->finishRequest();
    co_await (*call)->readHead();
    ByteCount received = 0;
    for (;;) {
        const MutableBytes into(buffer);
        const auto count = co_await (*call)->readBody(into);
        if (!count || *count == 0) break;
        received += *count;
    }
    co_return received;
}

long residentKiB() {
    std::ifstream status("/proc/self/statm");
    long total = 0;
    long resident = 0;
    status >> total >> resident;
    return resident * 4;
}

TEST(HttpStream, CarriesAGibibyteEachWayInFlatMemory) {
    const pcg::test::LogCapture log;
    LoopThread loop;
    ByteCount received = 0;
    const Handler handler = [&](Exchange& exchange) { return countAndSend(exchange, received); };
    auto server =
        loop.call([&] { return Server::listenTcp(loop.loop(), "127.0.0.1", 0, handler, {}); });
    ASSERT_TRUE(server);
    ClientOptions options;
    options.authority = "localhost";
    Client client(loop.loop(), tcpOpener("127.0.0.1", (*server)->port()), options);
    const auto before = residentKiB();

    EXPECT_EQ(loop.await(upAndDown(client)), kStreamBytes);

    EXPECT_EQ(received, kStreamBytes);
    if (!pcg::test::kSanitized) {
        EXPECT_LT(residentKiB() - before, 16 * 1024);
    }
    loop.await((*server)->stop(0ms));
    loop.call([&] {
        client.closeIdle();
        server->reset();
    });
}

}  // namespace
}  // namespace pcg::http
