// SPDX-License-Identifier: Apache-2.0
#include "gateway/egress/gate.h"

#include "common/log/log.h"
#include "common/log/seldom.h"
#include "common/net/deadline.h"
#include "common/net/errc.h"
#include "gateway/egress/errc.h"
#include "gateway/egress/message.h"

#include <array>
#include <cstring>
#include <optional>

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace pcg::egress {
namespace {

namespace asio = net::asio;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;
using Connected = Result<net::TcpSocket>;
using IoError = boost::system::error_code;

constexpr log::Logger kLog("egress");

// Whoever connects speaks at once and reads what it asked for.
constexpr milliseconds kSpeakLimit{5'000};
constexpr milliseconds kAcceptPause{100};

Error denied(const net::Target& target) {
    return {kDenied,
            "Nothing that this machine was configured with allows a connection to " +
                target.text() +
                ". If the bus is there, name its host in `bus` (not on an appliance: `hosts`); if "
                "an endpoint, name its network in `networks`; a service of this machine itself "
                "by its address."};
}

Error never(const net::Target& target) {
    return {kDenied,
            target.text() +
                " is an address of no machine, or of the link: it is never connected "
                "to, whatever is configured."};
}

// Whoever waits for the loop learns of what nobody expected: the process ends and is started anew.
void endWith(const std::exception_ptr& unexpected) {
    if (unexpected) std::rethrow_exception(unexpected);
}

milliseconds timeLeft(Clock::time_point end) {
    return std::chrono::duration_cast<milliseconds>(end - Clock::now());
}

// Up to the line's end, which is not kept; nothing if there is none in time.
net::Task<std::optional<std::string>> readLine(net::UnixSocket& socket) {
    std::string text;
    std::array<char, kMaxQuestion> chunk{};
    while (text.size() < kMaxQuestion) {
        const auto room = asio::buffer(chunk.data(), kMaxQuestion - text.size());
        const auto [error, size] = co_await socket.async_read_some(room, net::kAwaitTuple);
        if (error) co_return std::nullopt;
        text.append(chunk.data(), size);
        if (const auto end = text.find('\n'); end != std::string::npos) {
            text.resize(end);
            co_return text;
        }
    }
    co_return std::nullopt;
}

// The line is shorter than any socket's buffer: one call takes it whole. `handed` < 0: no socket.
bool sendLine(net::UnixSocket& socket, const std::string& line, int handed) {
    iovec part{const_cast<char*>(line.data()), line.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> room{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (handed >= 0) {
        message.msg_control = room.data();
        message.msg_controllen = room.size();
        auto* head = CMSG_FIRSTHDR(&message);
        head->cmsg_level = SOL_SOCKET;
        head->cmsg_type = SCM_RIGHTS;
        head->cmsg_len = CMSG_LEN(sizeof(int));
        std::memcpy(CMSG_DATA(head), &handed, sizeof handed);
    }
    const auto sent = ::sendmsg(socket.native_handle(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    return sent == static_cast<ssize_t>(line.size());
}

// Out of the loop's set first: closing alone takes a socket that lives on elsewhere out of none.
void handOver(net::UnixSocket& socket, net::TcpSocket made) {
    IoError error;
    const int raw = made.release(error);
    if (error) return;
    sendLine(socket, writeConnected(), raw);
    ::close(raw);
}

}  // namespace

class Gate::Core : public std::enable_shared_from_this<Core> {
  public:
    Core(net::Loop& loop, Options options)
        : options_(std::move(options)), executor_(loop.get_executor()), acceptor_(loop) {}

    Result<> listen();

    void start() { asio::co_spawn(executor_, accept(shared_from_this()), endWith); }

    void stop();

  private:
    static net::Task<void> accept(std::shared_ptr<Core> self);
    static net::Task<void> answer(std::shared_ptr<Core> self,
                                  std::shared_ptr<net::UnixSocket> socket);
    net::Task<Connected> connect(Question question);
    net::Task<Connected> connectByName(Question question, bool anywhere);
    Result<> openFor(const asio::ip::address& address, std::uint16_t port);
    void complain(const net::Target& target);

    Options options_;
    net::Executor executor_;
    net::UnixAcceptor acceptor_;
    log::Seldom complaints_;
    log::Seldom closed_;
    std::size_t open_ = 0;
    bool stopping_ = false;
};

Result<> Gate::Core::listen() {
    const auto path = options_.socket.string();
    const auto cannot = [&path](const std::string& why) {
        return fail(kUnavailable, "The socket " + path + " cannot be listened on: " + why + ".");
    };
    const asio::local::stream_protocol::endpoint endpoint(path);
    IoError error;
    net::UnixSocket probe(executor_);
    probe.connect(endpoint, error);
    if (!error) return cannot("another process serves it");
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
    error.clear();
    acceptor_.open(endpoint.protocol(), error);
    // The folder says who comes as far as this; its group is the gateway's.
    const auto mask = ::umask(0117);
    if (!error) acceptor_.bind(endpoint, error);
    ::umask(mask);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) return cannot(error.message());
    return {};
}

void Gate::Core::stop() {
    if (std::exchange(stopping_, true)) return;
    IoError ignored;
    acceptor_.close(ignored);
    std::error_code gone;
    std::filesystem::remove(options_.socket, gone);
}

net::Task<void> Gate::Core::accept(std::shared_ptr<Core> self) {
    while (!self->stopping_) {
        auto [error, socket] = co_await self->acceptor_.async_accept(net::kAwaitTuple);
        if (self->stopping_ || error == asio::error::operation_aborted) co_return;
        if (error) {
            kLog.warn("egress.accept_failed", {{"why", error.message()}});
            co_await net::sleepFor(kAcceptPause);
            continue;
        }
        auto shared = std::make_shared<net::UnixSocket>(std::move(socket));
        if (self->open_ >= self->options_.mostAtOnce) {
            const Error busy(kUnavailable,
                             "Too many connections are being made at a time; try again later.");
            sendLine(*shared, writeRefused(busy), -1);
            continue;
        }
        ++self->open_;
        asio::co_spawn(self->executor_, answer(self, std::move(shared)), endWith);
    }
}

net::Task<void> Gate::Core::answer(std::shared_ptr<Core> self,
                                   std::shared_ptr<net::UnixSocket> socket) {
    std::optional<std::string> line;
    {
        const net::Deadline deadline(self->executor_, kSpeakLimit, [socket] {
            IoError ignored;
            socket->close(ignored);
        });
        line = co_await readLine(*socket);
    }
    if (line) {
        auto question = parseQuestion(*line);
        Connected made = fail(kUnavailable, "");
        if (question)
            made = co_await self->connect(std::move(*question));
        else
            made = fail(question.error());
        if (made)
            handOver(*socket, std::move(*made));
        else
            sendLine(*socket, writeRefused(made.error()), -1);
    }
    --self->open_;
}

net::Task<Connected> Gate::Core::connect(Question question) {
    IoError notNumeric;
    const auto address = asio::ip::make_address(question.target.host, notNumeric);
    if (!notNumeric) {
        if (options_.rules.allows(address, question.target.port))
            co_return co_await net::connectTcp(std::move(question.target), question.limit);
        complain(question.target);
        const bool ever = !EgressRules::isNever(address);
        co_return fail(ever ? denied(question.target) : never(question.target));
    }
    const auto name = options_.rules.judge(question.target);
    if (name == EgressRules::Name::Nowhere) {
        complain(question.target);
        co_return fail(denied(question.target));
    }
    co_return co_await connectByName(std::move(question), name == EgressRules::Name::Anywhere);
}

net::Task<Connected> Gate::Core::connectByName(Question question, bool anywhere) {
    const auto end = Clock::now() + question.limit;
    const auto& target = question.target;
    PCG_CO_TRY(const auto found, co_await net::resolve(target, question.limit));
    std::vector<asio::ip::address> allowed;
    for (const auto& one : found) {
        const bool may = options_.rules.allows(one.address(), target.port) ||
                         (anywhere && EgressRules::mayBeNamed(one.address()));
        if (may) allowed.push_back(one.address());
    }
    if (allowed.empty()) {
        complain(target);
        co_return fail(denied(target));
    }
    Error last(net::kTimeout, target.text() + " was not reached in time");
    for (std::size_t i = 0; i < allowed.size(); ++i) {
        const auto share = timeLeft(end) / static_cast<long>(allowed.size() - i);
        if (share.count() <= 0) break;
        if (const auto opened = openFor(allowed[i], target.port); !opened) {
            last = opened.error();
            continue;
        }
        net::Target one{allowed[i].to_string(), target.port};
        auto socket = co_await net::connectTcp(std::move(one), share);
        if (socket) co_return std::move(socket);
        last = std::move(socket).error().context(target.host);
    }
    co_return fail(std::move(last));
}

// What a rule allows by its address is open already.
Result<> Gate::Core::openFor(const asio::ip::address& address, std::uint16_t port) {
    if (!options_.opening || options_.rules.allows(address, port)) return {};
    const auto opened = options_.opening->open(address, port);
    if (opened) return {};
    if (const auto omitted = closed_.pass(Clock::now()))
        kLog.failure(
            log::Level::Warn, "egress.opening_failed", opened.error(), {{"omitted", *omitted}});
    return fail(opened.error());
}

void Gate::Core::complain(const net::Target& target) {
    if (const auto omitted = complaints_.pass(Clock::now()))
        kLog.warn("egress.denied", {{"target", target.text()}, {"omitted", *omitted}});
}

Gate::Gate(std::shared_ptr<Core> core) : core_(std::move(core)) {}

Gate::Gate(Gate&&) noexcept = default;
Gate& Gate::operator=(Gate&&) noexcept = default;

Gate::~Gate() {
    if (core_) core_->stop();
}

void Gate::stop() { core_->stop(); }

Result<Gate> Gate::open(net::Loop& loop, Options options) {
    auto core = std::make_shared<Core>(loop, std::move(options));
    PCG_TRY(core->listen());
    core->start();
    return Gate(std::move(core));
}

}  // namespace pcg::egress
