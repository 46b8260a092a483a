// SPDX-License-Identifier: Apache-2.0
#include "common/bus/loopback_bridge.h"

#include "common/log/log.h"
#include "common/net/deadline.h"
#include "common/net/errc.h"
#include "common/net/self_connection.h"

namespace pcg::bus {
namespace {

constexpr log::Logger kLog{"bus"};
constexpr std::size_t kBuffer = 64 * 1024;
// What may hide between cnats and the pump; small, so that Bus::bufferedBytes() tells the truth.
constexpr int kLoopbackWindow = 256 * 1024;
constexpr std::chrono::milliseconds kCloseNotifyLimit{500};

}  // namespace

Result<std::shared_ptr<LoopbackBridge>> LoopbackBridge::create(net::Executor executor) {
    const net::Target anyPort{"127.0.0.1", 0};
    auto acceptor = PCG_TRY(net::listenTcp(executor, anyPort));
    boost::system::error_code ignored;
    acceptor.set_option(net::asio::socket_base::receive_buffer_size(kLoopbackWindow), ignored);
    return std::make_shared<LoopbackBridge>(std::move(acceptor));
}

LoopbackBridge::LoopbackBridge(net::TcpAcceptor acceptor)
    : acceptor_(std::move(acceptor)),
      port_(acceptor_.local_endpoint().port()),
      inner_(acceptor_.get_executor()) {}

net::Task<Result<>> LoopbackBridge::accept(std::chrono::milliseconds limit) {
    const auto self = shared_from_this();
    net::Deadline deadline(acceptor_.get_executor(), limit, [self] { self->close(); });
    while (!closed_) {
        auto [error, socket] = co_await acceptor_.async_accept(net::kAwaitTuple);
        if (closed_) break;
        if (error) co_return fail(net::describeSocketError(error, "the loopback port"));
        if (net::isConnectionFromThisProcess(socket)) {
            boost::system::error_code ignored;
            socket.set_option(net::asio::ip::tcp::no_delay(true), ignored);
            inner_ = std::move(socket);
            acceptor_.close(ignored);
            co_return Result<>();
        }
        kLog.warn("bus.loopback_intruder", {{"port", port_}, {"action", "closed"}});
    }
    co_return fail(kProtocol, "the bus library did not connect to its loopback port in time");
}

net::Task<Result<>> LoopbackBridge::start(net::SecureConnection connection,
                                          std::string greeting,
                                          std::function<void(const Error&)> onEnd) {
    const auto self = shared_from_this();
    outer_ = std::move(connection);
    onEnd_ = std::move(onEnd);
    const auto buffer = net::asio::buffer(greeting);
    const auto [error, size] = co_await net::asio::async_write(inner_, buffer, net::kAwaitTuple);
    if (error) co_return fail(net::describeSocketError(error, "the loopback port"));
    net::asio::co_spawn(inner_.get_executor(), pumpUp(self), net::asio::detached);
    net::asio::co_spawn(inner_.get_executor(), pumpDown(self), net::asio::detached);
    co_return Result<>();
}

net::Task<void> LoopbackBridge::pumpUp(std::shared_ptr<LoopbackBridge> self) {
    Bytes buffer(kBuffer);
    while (!closed_) {
        const auto room = net::asio::buffer(buffer);
        const auto [readError, size] = co_await inner_.async_read_some(room, net::kAwaitTuple);
        if (readError) break;
        readFromInner_ += size;
        std::size_t done = 0;
        while (done < size) {
            const BytesView rest(buffer.data() + done, size - done);
            const auto [error, written] = co_await outer_.stream->writeSome(rest);
            if (error) {
                ended(net::describeSocketError(error, outer_.peer));
                co_return;
            }
            done += written;
            writtenToBroker_ += written;
        }
    }
    if (closed_) co_return;
    // cnats is done and all it wrote is with the kernel: say goodbye properly.
    net::Deadline deadline(inner_.get_executor(), kCloseNotifyLimit, [self] { self->close(); });
    co_await outer_.stream->goodbye();
    ended(Error(kStopped, "the link was closed from this side"));
}

net::Task<void> LoopbackBridge::pumpDown([[maybe_unused]] std::shared_ptr<LoopbackBridge> self) {
    Bytes buffer(kBuffer);
    while (!closed_) {
        const MutableBytes room(buffer);
        const auto [error, size] = co_await outer_.stream->readSome(room);
        if (error) {
            ended(net::describeSocketError(error, outer_.peer));
            co_return;
        }
        fromBroker_ += size;
        const auto bytes = net::asio::buffer(buffer.data(), size);
        const auto [writeError, written] =
            co_await net::asio::async_write(inner_, bytes, net::kAwaitTuple);
        if (writeError) co_return;
    }
}

void LoopbackBridge::ended(const Error& why) {
    if (closed_) return;
    boost::system::error_code ignored;
    // cnats still reads what is in the window, then sees the end.
    inner_.shutdown(net::asio::socket_base::shutdown_send, ignored);
    outer_.stream->close();
    if (const auto callback = std::exchange(onEnd_, nullptr)) callback(why);
}

void LoopbackBridge::close() {
    if (std::exchange(closed_, true)) return;
    onEnd_ = nullptr;
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    inner_.close(ignored);
    if (outer_.stream) outer_.stream->close();
}

std::uint64_t LoopbackBridge::unsentInKernel() {
    return closed_ || !outer_.stream ? 0 : outer_.stream->unsent();
}

std::uint64_t LoopbackBridge::bytesAcknowledged() {
    // Counted before TLS adds its records, the queue after: only growth is looked at, not the
    // value.
    const std::uint64_t unsent = unsentInKernel();
    return writtenToBroker_ > unsent ? writtenToBroker_ - unsent : 0;
}

std::uint64_t LoopbackBridge::bytesUnderWay() {
    return readFromInner_ - writtenToBroker_ + unsentInKernel();
}

}  // namespace pcg::bus
