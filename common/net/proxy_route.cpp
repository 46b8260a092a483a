// SPDX-License-Identifier: Apache-2.0
#include "common/net/proxy_route.h"

#include "common/net/deadline.h"
#include "common/net/errc.h"

#include <algorithm>
#include <array>

#include <sys/socket.h>
#include <unistd.h>

namespace pcg::net {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kChunk = 4 * 1024;
constexpr std::size_t kBuffer = 64 * 1024;
constexpr milliseconds kUserTimeout{15'000};
constexpr milliseconds kCloseNotifyLimit{500};

milliseconds timeLeft(std::chrono::steady_clock::time_point end) {
    const auto left =
        std::chrono::duration_cast<milliseconds>(end - std::chrono::steady_clock::now());
    return std::max(milliseconds(1), left);
}

void closeSocket(TcpSocket& socket) {
    boost::system::error_code ignored;
    socket.close(ignored);
}

// Between the TLS stream to the proxy and one end of a pair of sockets, whose other end is what the
// route yields: nobody outside this process can reach either. Lives until both directions ended.
class Pump : public std::enable_shared_from_this<Pump> {
  public:
    Pump(std::unique_ptr<TlsStream> outer, TcpSocket inner)
        : outer_(std::move(outer)), inner_(std::move(inner)) {}

    void start(std::string early) {
        const auto executor = inner_.get_executor();
        asio::co_spawn(executor, up(shared_from_this()), asio::detached);
        asio::co_spawn(executor, down(shared_from_this(), std::move(early)), asio::detached);
    }

  private:
    Task<void> up([[maybe_unused]] std::shared_ptr<Pump> self) {
        Bytes buffer(kBuffer);
        while (true) {
            const auto room = asio::buffer(buffer);
            const auto [readError, size] = co_await inner_.async_read_some(room, kAwaitTuple);
            if (readError) break;
            const auto bytes = asio::buffer(buffer.data(), size);
            const auto [error, written] = co_await asio::async_write(*outer_, bytes, kAwaitTuple);
            if (error) break;
        }
        const Deadline deadline(
            inner_.get_executor(), kCloseNotifyLimit, [self] { self->closeOuter(); });
        co_await outer_->async_shutdown(kAwaitTuple);
        close();
    }

    Task<void> down([[maybe_unused]] std::shared_ptr<Pump> self, std::string early) {
        const auto first = asio::buffer(early);
        auto [failed, sent] = co_await asio::async_write(inner_, first, kAwaitTuple);
        Bytes buffer(kBuffer);
        while (!failed) {
            const auto room = asio::buffer(buffer);
            const auto [error, size] = co_await outer_->async_read_some(room, kAwaitTuple);
            if (error) break;
            const auto bytes = asio::buffer(buffer.data(), size);
            const auto [writeError, written] =
                co_await asio::async_write(inner_, bytes, kAwaitTuple);
            failed = writeError;
        }
        close();
    }

    // What was written to the inner socket is still read at its other end.
    void close() {
        closeSocket(inner_);
        closeOuter();
    }

    void closeOuter() {
        boost::system::error_code ignored;
        outer_->lowest_layer().close(ignored);
    }

    std::unique_ptr<TlsStream> outer_;
    TcpSocket inner_;
};

struct SocketPair {
    TcpSocket ours;
    TcpSocket theirs;
};

// Stream sockets like any other to read, write and close; the options of TCP do not apply to them.
Result<SocketPair> makePair(const Executor& executor) {
    std::array<int, 2> descriptors{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, descriptors.data()) !=
        0)
        return fail(kUnreachable, "this process can open no more sockets; raise LimitNOFILE");
    SocketPair pair{TcpSocket(executor), TcpSocket(executor)};
    boost::system::error_code first;
    boost::system::error_code second;
    pair.ours.assign(asio::ip::tcp::v4(), descriptors[0], first);
    pair.theirs.assign(asio::ip::tcp::v4(), descriptors[1], second);
    if (first) ::close(descriptors[0]);
    if (second) ::close(descriptors[1]);
    if (first || second)
        return fail(kUnreachable, "this process can watch no more sockets; raise LimitNOFILE");
    return pair;
}

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const auto& word : words) text += (text.empty() ? "" : ", ") + word;
    return text;
}

bool takesBasic(const ProxyAnswer& answer) {
    return answer.schemes.empty() ||
           std::ranges::find(answer.schemes, "basic") != answer.schemes.end();
}

std::string quoted(const ProxyAnswer& answer) {
    return std::to_string(answer.status) + (answer.reason.empty() ? "" : " " + answer.reason);
}

}  // namespace

Way ProxyRoute::wayTo(const Target& target) const {
    if (const auto entry = settings_.exceptions.match(target.host))
        return {true, "direct", target.host + " is among the proxy's exceptions (" + *entry + ")"};
    return {false, "through the proxy " + settings_.address.text(), "proxy_url names it"};
}

Task<Result<TcpSocket>> ProxyRoute::connect(Target target, milliseconds limit) {
    if (settings_.exceptions.match(target.host))
        co_return co_await below_->connect(std::move(target), limit);
    const auto end = std::chrono::steady_clock::now() + limit;
    auto reached = co_await below_->connect(settings_.address.target, limit);
    if (!reached)
        co_return fail(kProxyUnreachable,
                       "the proxy " + settings_.address.text() +
                           " cannot be reached: " + reached.error().message() +
                           ". Check proxy_url and what lies between this machine and the proxy");
    if (settings_.tls) co_return co_await throughTls(std::move(*reached), std::move(target), end);
    co_return co_await throughTcp(std::move(*reached), std::move(target), end);
}

Task<Result<TcpSocket>> ProxyRoute::throughTcp(TcpSocket socket, Target target, Time end) {
    const Deadline deadline(
        socket.get_executor(), timeLeft(end), [&socket] { closeSocket(socket); });
    const auto opened = co_await askOverTcp(socket, target);
    if (deadline.expired()) co_return fail(silent(target));
    if (!opened) co_return fail(opened.error());
    co_return std::move(socket);
}

Task<Result<>> ProxyRoute::askOverTcp(TcpSocket& socket, Target target) {
    PCG_CO_TRY(const Secret request, connectRequest(target, settings_.authorization));
    const auto bytes = asio::buffer(request.reveal().data(), request.size());
    const auto [writeError, written] = co_await asio::async_write(socket, bytes, kAwaitTuple);
    if (writeError) co_return fail(hungUp(writeError));
    boost::system::error_code error;
    socket.non_blocking(true, error);
    ProxyAnswerReader reader;
    std::array<char, kChunk> chunk{};
    while (!reader.complete()) {
        const auto [waitError] = co_await socket.async_wait(TcpSocket::wait_read, kAwaitTuple);
        if (waitError) co_return fail(hungUp(waitError));
        // Only looked at: what follows the answer was sent by the target and stays in the socket.
        const auto seen = socket.receive(asio::buffer(chunk), TcpSocket::message_peek, error);
        if (error == asio::error::would_block) continue;
        if (error) co_return fail(hungUp(error));
        PCG_CO_TRY(const std::size_t used, reader.put(std::string_view(chunk.data(), seen)));
        socket.receive(asio::buffer(chunk.data(), used), 0, error);
        if (error) co_return fail(hungUp(error));
    }
    co_return judge(reader.answer(), target);
}

Task<Result<TcpSocket>> ProxyRoute::throughTls(TcpSocket socket, Target target, Time end) {
    setUserTimeout(socket, kUserTimeout);
    const auto executor = socket.get_executor();
    auto stream = settings_.tls->newStream(std::move(socket), settings_.address.target.host);
    Deadline deadline(executor, timeLeft(end), [raw = stream.get()] {
        boost::system::error_code ignored;
        raw->lowest_layer().close(ignored);
    });
    const auto [error] =
        co_await stream->async_handshake(asio::ssl::stream_base::client, kAwaitTuple);
    if (deadline.expired()) co_return fail(silent(target));
    if (error) {
        const auto why = TlsClientContext::explain(*stream, settings_.address.text(), error);
        co_return fail(why.code(),
                       "no TLS with the proxy: " + why.message() +
                           ". proxy_ca_file says who signs the proxy's certificate");
    }
    auto opened = co_await askOverTls(*stream, target);
    if (deadline.expired()) co_return fail(silent(target));
    if (!opened) co_return fail(opened.error());
    PCG_CO_TRY(SocketPair pair, makePair(executor));
    std::make_shared<Pump>(std::move(stream), std::move(pair.theirs))->start(std::move(*opened));
    co_return std::move(pair.ours);
}

// What the target sent right behind the proxy's answer.
Task<Result<std::string>> ProxyRoute::askOverTls(TlsStream& stream, Target target) {
    PCG_CO_TRY(const Secret request, connectRequest(target, settings_.authorization));
    const auto bytes = asio::buffer(request.reveal().data(), request.size());
    const auto [writeError, written] = co_await asio::async_write(stream, bytes, kAwaitTuple);
    if (writeError) co_return fail(hungUp(writeError));
    ProxyAnswerReader reader;
    std::array<char, kChunk> chunk{};
    std::string early;
    while (!reader.complete()) {
        const auto room = asio::buffer(chunk);
        const auto [error, seen] = co_await stream.async_read_some(room, kAwaitTuple);
        if (error) co_return fail(hungUp(error));
        PCG_CO_TRY(const std::size_t used, reader.put(std::string_view(chunk.data(), seen)));
        early.assign(chunk.data() + used, seen - used);
    }
    PCG_CO_CHECK(judge(reader.answer(), target));
    co_return early;
}

Result<> ProxyRoute::judge(const ProxyAnswer& answer, const Target& target) const {
    if (answer.opened()) return {};
    const auto proxy = "the proxy " + settings_.address.text();
    const auto said = " (" + quoted(answer) + ")";
    if (answer.status == 407) {
        if (!takesBasic(answer))
            return fail(kProxyCredentials,
                        proxy + " takes no password in the Basic way, only " +
                            joined(answer.schemes) + said +
                            "; let it pass this machine by its address, or except " + target.host +
                            " (proxy_exceptions)");
        if (settings_.authorization.empty())
            return fail(kProxyCredentials,
                        proxy + " asks for a user and a password" + said +
                            "; write USER:PASSWORD into a file and name it as "
                            "proxy_credentials_file");
        return fail(kProxyCredentials,
                    proxy + " does not take the user and password of proxy_credentials_file" +
                        said + "; correct them there");
    }
    if (answer.status == 403 || answer.status == 401 || answer.status == 405)
        return fail(kProxyForbidden,
                    proxy + " does not allow " + target.text() + said + "; have CONNECT to " +
                        target.text() + " allowed there");
    if (answer.status == 502 || answer.status == 503 || answer.status == 504)
        return fail(kProxyUpstream,
                    proxy + " cannot reach " + target.text() + " itself" + said +
                        "; have it allowed in the firewall behind the proxy, and check the "
                        "proxy's DNS");
    return fail(kProxyProtocol,
                proxy + " answered CONNECT to " + target.text() + " with " + quoted(answer) +
                    "; check that proxy_url is an HTTP proxy that allows CONNECT");
}

Error ProxyRoute::silent(const Target& target) const {
    return {kProxyTimeout,
            "the proxy " + settings_.address.text() + " did not open the way to " + target.text() +
                " in time; it cannot reach it perhaps: have it allowed in the firewall behind the "
                "proxy"};
}

Error ProxyRoute::hungUp(const boost::system::error_code& error) const {
    return {kProxyProtocol,
            "the proxy " + settings_.address.text() + " hung up without an answer (" +
                error.message() +
                "); check that it allows this machine, and that proxy_url has the right scheme "
                "and port"};
}

}  // namespace pcg::net
