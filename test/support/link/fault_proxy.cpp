// SPDX-License-Identifier: Apache-2.0
#include "test/support/link/fault_proxy.h"

#include "common/base/bytes.h"
#include "common/net/asio.h"

#include <algorithm>
#include <atomic>
#include <future>
#include <list>
#include <thread>
#include <vector>

namespace pcg::test {
namespace {

using net::kAwaitTuple;
namespace asio = net::asio;

void reset(net::TcpSocket& socket) {
    boost::system::error_code ignored;
    socket.set_option(asio::socket_base::linger(true, 0), ignored);
    socket.close(ignored);
}

struct Pair {
    explicit Pair(net::TcpSocket client)
        : down(std::move(client)),
          up(down.get_executor()),
          gateUp(down.get_executor()),
          gateDown(down.get_executor()) {}

    void cut() {
        reset(down);
        reset(up);
        gateUp.cancel();
        gateDown.cancel();
    }

    net::TcpSocket down;
    net::TcpSocket up;
    net::Timer gateUp;
    net::Timer gateDown;
};

}  // namespace

struct FaultProxy::State {
    explicit State(std::uint16_t upstream)
        : acceptor(loop.get_executor(), {asio::ip::make_address("127.0.0.1"), 0}),
          upstreamPort(upstream) {}

    net::Task<void> acceptAll() {
        while (true) {
            auto [error, socket] = co_await acceptor.async_accept(kAwaitTuple);
            if (error) co_return;
            ++accepted;
            auto pair = std::make_shared<Pair>(std::move(socket));
            pairs.push_back(pair);
            asio::co_spawn(loop, relay(pair), asio::detached);
        }
    }

    net::Task<void> relay(std::shared_ptr<Pair> pair) {
        const asio::ip::tcp::endpoint target(asio::ip::make_address("127.0.0.1"), upstreamPort);
        const auto [error] = co_await pair->up.async_connect(target, kAwaitTuple);
        if (error) {
            pair->cut();
            co_return;
        }
        asio::co_spawn(loop, pump(pair, false), asio::detached);
        asio::co_spawn(loop, pump(pair, true), asio::detached);
    }

    // True while octets of this direction must wait.
    bool blocked(bool downwards) const {
        return stalled || (downwards && downAllowed && *downAllowed == 0);
    }

    net::Task<void> waitGate(net::Timer& gate, bool downwards) {
        while (blocked(downwards) && !stopping) {
            gate.expires_at(std::chrono::steady_clock::time_point::max());
            co_await gate.async_wait(kAwaitTuple);
        }
    }

    net::Task<void> pump(std::shared_ptr<Pair> pair, bool downwards) {
        net::TcpSocket& from = downwards ? pair->up : pair->down;
        net::TcpSocket& to = downwards ? pair->down : pair->up;
        net::Timer& gate = downwards ? pair->gateDown : pair->gateUp;
        Bytes buffer(64 * 1024);
        while (!stopping && from.is_open()) {
            co_await waitGate(gate, downwards);
            if (stopping || !from.is_open()) break;
            const std::size_t slice =
                rate == 0 ? buffer.size() : std::max<std::size_t>(1, rate / 50);
            const auto room = asio::buffer(buffer.data(), std::min(buffer.size(), slice));
            const auto [readError, size] = co_await from.async_read_some(room, kAwaitTuple);
            if (readError) break;
            std::size_t done = 0;
            while (done < size && to.is_open() && !stopping) {
                co_await waitGate(gate, downwards);
                std::size_t part = size - done;
                if (downwards && downAllowed) part = std::min(part, *downAllowed);
                const auto bytes = asio::buffer(buffer.data() + done, part);
                const auto [error, written] = co_await asio::async_write(to, bytes, kAwaitTuple);
                if (error) break;
                done += written;
                if (!downwards) up += written;
                if (downwards && downAllowed) *downAllowed -= written;
                if (downwards && downAllowed && *downAllowed == 0 && cutAtLimit) {
                    downAllowed.reset();
                    pair->cut();
                }
            }
            if (done < size) break;
            if (rate > 0) {
                gate.expires_after(std::chrono::milliseconds(1'000 * size / rate));
                co_await gate.async_wait(kAwaitTuple);
            }
        }
        if (!blocked(downwards)) pair->cut();
    }

    void openGates() {
        for (const auto& pair : pairs) {
            pair->gateUp.cancel();
            pair->gateDown.cancel();
        }
    }

    void run(std::function<void()> command) {
        std::promise<void> done;
        asio::post(loop, [&] {
            command();
            done.set_value();
        });
        done.get_future().wait();
    }

    net::Loop loop{1};
    net::TcpAcceptor acceptor;
    std::uint16_t upstreamPort;
    std::vector<std::shared_ptr<Pair>> pairs;
    bool stalled = false;
    bool stopping = false;
    bool cutAtLimit = false;
    std::optional<std::size_t> downAllowed;
    std::size_t rate = 0;
    std::atomic<std::size_t> accepted{0};
    std::atomic<std::uint64_t> up{0};
    std::thread thread;
};

FaultProxy::FaultProxy(std::uint16_t upstreamPort) : state_(std::make_unique<State>(upstreamPort)) {
    asio::co_spawn(state_->loop, state_->acceptAll(), asio::detached);
    state_->thread = std::thread([state = state_.get()] { state->loop.run(); });
}

FaultProxy::~FaultProxy() {
    state_->run([this] {
        state_->stopping = true;
        state_->acceptor.close();
        for (const auto& pair : state_->pairs) pair->cut();
    });
    state_->thread.join();
}

std::uint16_t FaultProxy::port() const { return state_->acceptor.local_endpoint().port(); }

void FaultProxy::stall() {
    state_->run([this] { state_->stalled = true; });
}

void FaultProxy::resume() {
    state_->run([this] {
        state_->stalled = false;
        state_->downAllowed.reset();
        state_->openGates();
    });
}

void FaultProxy::cut() {
    state_->run([this] {
        for (const auto& pair : state_->pairs) pair->cut();
        state_->pairs.clear();
    });
}

void FaultProxy::stallDownAfter(std::size_t octets) {
    state_->run([this, octets] {
        state_->downAllowed = octets;
        state_->cutAtLimit = false;
    });
}

void FaultProxy::cutDownAfter(std::size_t octets) {
    state_->run([this, octets] {
        state_->downAllowed = octets;
        state_->cutAtLimit = true;
    });
}

void FaultProxy::throttle(std::size_t octetsPerSecond) {
    state_->run([this, octetsPerSecond] { state_->rate = octetsPerSecond; });
}

std::size_t FaultProxy::acceptedConnections() const { return state_->accepted; }

std::uint64_t FaultProxy::octetsUp() const { return state_->up; }

}  // namespace pcg::test
