// SPDX-License-Identifier: Apache-2.0
#include "gateway/egress/gated_route.h"

#include "common/net/deadline.h"
#include "common/net/errc.h"
#include "gateway/egress/errc.h"
#include "gateway/egress/message.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <sys/socket.h>
#include <unistd.h>

namespace pcg::egress {
namespace {

namespace asio = net::asio;
using std::chrono::milliseconds;
using IoError = boost::system::error_code;

// So long before our own limit the other side gives up, and says why.
constexpr milliseconds kForTheAnswer{50};

class Descriptor {
  public:
    Descriptor() = default;

    ~Descriptor() {
        if (value_ >= 0) ::close(value_);
    }

    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    bool isSet() const { return value_ >= 0; }

    int get() const { return value_; }

    void set(int value) { value_ = value; }

    int release() { return std::exchange(value_, -1); }

  private:
    int value_ = -1;
};

tl::unexpected<Error> unavailable(const std::string& why) {
    return fail(kUnavailable,
                "What makes connections outside (pcg-egress) " + why +
                    "; it is started anew by itself, else see its journal.");
}

int option(int socket, int name) {
    int value = -1;
    socklen_t size = sizeof value;
    return ::getsockopt(socket, SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
}

// What was handed over has to be what was asked for.
Result<net::TcpSocket> adopt(Descriptor& handed, const net::Executor& executor) {
    const auto family = option(handed.get(), SO_DOMAIN);
    const bool isTcp = option(handed.get(), SO_PROTOCOL) == IPPROTO_TCP;
    if (!isTcp || (family != AF_INET && family != AF_INET6))
        return unavailable("handed over something else");
    net::TcpSocket socket(executor);
    IoError error;
    socket.assign(
        family == AF_INET ? asio::ip::tcp::v4() : asio::ip::tcp::v6(), handed.get(), error);
    if (error) return unavailable("handed over a socket that cannot be used");
    handed.release();
    return socket;
}

// Keeps the first. The room for one is that for two, with what alignment adds, and the kernel fills
// it: whatever came is ours to close.
void takeDescriptors(msghdr& message, Descriptor& handed) {
    for (auto* head = CMSG_FIRSTHDR(&message); head != nullptr;
         head = CMSG_NXTHDR(&message, head)) {
        if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS) continue;
        const auto octets = head->cmsg_len - CMSG_LEN(0);
        for (std::size_t at = 0; at + sizeof(int) <= octets; at += sizeof(int)) {
            int value = -1;
            std::memcpy(&value, CMSG_DATA(head) + at, sizeof value);
            if (handed.isSet())
                ::close(value);
            else
                handed.set(value);
        }
    }
}

enum class Piece { Some, None, End };

// Reads what is there.
Piece take(net::UnixSocket& socket, std::string& text, Descriptor& handed) {
    std::array<char, kMaxAnswer> chunk{};
    iovec part{chunk.data(), chunk.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> room{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = room.data();
    message.msg_controllen = room.size();
    const auto size = ::recvmsg(socket.native_handle(), &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    if (size < 0) return errno == EAGAIN || errno == EINTR ? Piece::None : Piece::End;
    takeDescriptors(message, handed);
    if (size == 0) return Piece::End;
    text.append(chunk.data(), static_cast<std::size_t>(size));
    return Piece::Some;
}

net::Task<Result<net::TcpSocket>> ask(net::UnixSocket& socket,
                                      std::filesystem::path path,
                                      std::string question) {
    const auto executor = co_await asio::this_coro::executor;
    const asio::local::stream_protocol::endpoint endpoint(path.string());
    const auto [refused] = co_await socket.async_connect(endpoint, net::kAwaitTuple);
    if (refused) co_return unavailable("does not answer (" + refused.message() + ")");
    const auto bytes = asio::buffer(question);
    const auto [broken, written] = co_await asio::async_write(socket, bytes, net::kAwaitTuple);
    if (broken) co_return unavailable("hung up");
    Descriptor handed;
    std::string answer;
    while (answer.find('\n') == std::string::npos) {
        if (answer.size() > kMaxAnswer) co_return unavailable("says too much");
        const auto [error] =
            co_await socket.async_wait(net::UnixSocket::wait_read, net::kAwaitTuple);
        if (error || take(socket, answer, handed) == Piece::End) co_return unavailable("hung up");
    }
    answer.resize(answer.find('\n'));
    PCG_CO_CHECK(parseAnswer(answer));
    if (!handed.isSet()) co_return unavailable("handed over nothing");
    co_return adopt(handed, executor);
}

}  // namespace

net::Task<Result<net::TcpSocket>> GatedRoute::connect(net::Target target, milliseconds limit) {
    const auto executor = co_await asio::this_coro::executor;
    net::UnixSocket socket(executor);
    const net::Deadline deadline(executor, limit, [&socket] {
        IoError ignored;
        socket.close(ignored);
    });
    const auto path = socket_;
    auto name = target.text();
    const Question question{std::move(target), std::max(limit - kForTheAnswer, limit / 2)};
    auto connected = co_await ask(socket, path, write(question));
    if (deadline.expired())
        co_return fail(net::kTimeout,
                       name + " did not answer within " + std::to_string(limit.count()) +
                           " ms; a firewall between may be dropping the packets");
    co_return connected;
}

}  // namespace pcg::egress
