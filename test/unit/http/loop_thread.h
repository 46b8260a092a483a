// SPDX-License-Identifier: Apache-2.0
// A loop on its own thread, and raw sockets on the test's thread that send exactly what they are
// told.
#pragma once

#include "common/net/asio.h"

#include <boost/asio/executor_work_guard.hpp>

#include <future>
#include <string>
#include <thread>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace pcg::http::test {

class LoopThread {
  public:
    LoopThread() : work_(loop_.get_executor()), thread_([this] { loop_.run(); }) {}

    ~LoopThread() {
        work_.reset();
        loop_.stop();
        thread_.join();
    }

    net::Loop& loop() { return loop_; }

    template <class T>
    T await(net::Task<T> task) {
        return start(std::move(task)).get();
    }

    template <class T>
    std::future<T> start(net::Task<T> task) {
        auto promise = std::make_shared<std::promise<T>>();
        auto future = promise->get_future();
        if constexpr (std::is_void_v<T>) {
            net::asio::co_spawn(
                loop_.get_executor(), std::move(task), [promise](std::exception_ptr error) {
                    if (error)
                        promise->set_exception(error);
                    else
                        promise->set_value();
                });
        } else {
            net::asio::co_spawn(loop_.get_executor(),
                                std::move(task),
                                [promise](std::exception_ptr error, T value) {
                                    if (error)
                                        promise->set_exception(error);
                                    else
                                        promise->set_value(std::move(value));
                                });
        }
        return future;
    }

    // Runs it on the loop's thread and waits.
    template <class Function>
    auto call(Function function) {
        std::packaged_task<decltype(function())()> task(std::move(function));
        auto result = task.get_future();
        net::asio::post(loop_, [&task] { task(); });
        return result.get();
    }

  private:
    net::Loop loop_;
    net::asio::executor_work_guard<net::Executor> work_;
    std::thread thread_;
};

// Blocking; every read gives up after five seconds.
class RawSocket {
  public:
    explicit RawSocket(int fd) : fd_(fd) {
        const timeval limit{5, 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    }

    static RawSocket connectTo(std::uint16_t port) {
        const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
            throw std::runtime_error("connect");
        return RawSocket(fd);
    }

    RawSocket(RawSocket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

    ~RawSocket() { close(); }

    void close() {
        if (fd_ >= 0) ::close(std::exchange(fd_, -1));
    }

    void reset() {
        const linger abortive{1, 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &abortive, sizeof abortive);
        close();
    }

    bool send(std::string_view bytes) {
        while (!bytes.empty()) {
            const auto count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (count <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(count));
        }
        return true;
    }

    void endSending() { ::shutdown(fd_, SHUT_WR); }

    bool isReadableWithin(std::chrono::milliseconds pause) {
        pollfd waiting{fd_, POLLIN, 0};
        return ::poll(&waiting, 1, static_cast<int>(pause.count())) != 0;
    }

    // Sends an octet if nothing was to be read within `pause`; false when there is something.
    bool dripUntilReadable(std::chrono::milliseconds pause) {
        pollfd waiting{fd_, POLLIN, 0};
        if (::poll(&waiting, 1, static_cast<int>(pause.count())) != 0) return false;
        return send("a");
    }

    // Until `marker` is in it, or the peer ends.
    std::string readUntil(std::string_view marker) {
        while (received_.find(marker) == std::string::npos && readSome()) {
        }
        const auto at = received_.find(marker);
        const auto end = at == std::string::npos ? received_.size() : at + marker.size();
        std::string taken = received_.substr(0, end);
        received_.erase(0, end);
        return taken;
    }

    enum class End { Open, Closed, Reset };

    // Everything until the peer ends; `end()` says how.
    std::string readAll() {
        while (readSome()) {
        }
        return std::exchange(received_, {});
    }

    End end() const { return end_; }

  private:
    bool readSome() {
        char buffer[16384];
        const auto count = ::recv(fd_, buffer, sizeof buffer, 0);
        if (count > 0)
            received_.append(buffer, static_cast<std::size_t>(count));
        else
            end_ = count == 0 ? End::Closed : (errno == ECONNRESET ? End::Reset : End::Open);
        return count > 0;
    }

    int fd_;
    std::string received_;
    End end_ = End::Open;
};

// Accepts on a free port of 127.0.0.1; one connection at a time, driven by the test's own code.
class RawListener {
  public:
    RawListener() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        if (::bind(fd_, reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
            ::listen(fd_, 8) != 0 ||
            ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
            throw std::runtime_error("listen");
        port_ = ntohs(address.sin_port);
        const timeval limit{5, 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    }

    ~RawListener() { ::close(fd_); }

    RawListener(const RawListener&) = delete;
    RawListener& operator=(const RawListener&) = delete;

    std::uint16_t port() const { return port_; }

    RawSocket accept() { return RawSocket(::accept(fd_, nullptr, nullptr)); }

  private:
    int fd_;
    std::uint16_t port_ = 0;
};

}  // namespace pcg::http::test
