// SPDX-License-Identifier: Apache-2.0
#include "common/http/connection.h"

#include "common/http/errc.h"
#include "common/http/problem.h"
#include "common/http/server_exchange.h"
#include "common/http/wire_format.h"
#include "common/log/log.h"
#include "common/log/seldom.h"

namespace pcg::http {

namespace {

constexpr log::Logger kLog{"http"};
constexpr std::size_t kPipelineBytes = 64 * 1024;
constexpr std::size_t kReadBytes = 32 * 1024;
constexpr std::size_t kIdleReadBytes = 4 * 1024;
constexpr std::size_t kLingerBytes = 256 * 1024;
constexpr std::chrono::milliseconds kLinger{1'000};

}  // namespace

Connection::Connection(net::Executor executor, std::shared_ptr<const Service> service)
    : executor_(executor),
      service_(std::move(service)),
      inputWanted_(executor),
      inputArrived_(executor),
      outputWanted_(executor),
      outputDone_(executor) {}

net::Task<void> Connection::run(Greeting greeting, std::function<void()> giveUp) {
    const auto self = shared_from_this();
    giveUp_ = std::move(giveUp);
    makeWatchdogs();
    readWatchdog_->arm(options().limits.handshake);
    auto transport = co_await greeting();
    readWatchdog_->disarm();
    giveUp_ = nullptr;
    if (!transport) {
        kLog.failure(log::Level::Debug,
                     "http.handshake_failed",
                     transport.error(),
                     {{"server", options().name}});
        co_return;
    }
    transport_ = std::move(*transport);
    if (closed_) {
        transport_->reset();
        co_return;
    }
    net::asio::co_spawn(executor_, readLoop(), net::asio::detached);
    net::asio::co_spawn(executor_, writeLoop(), net::asio::detached);
    co_await serve();
    shut();
}

void Connection::makeWatchdogs() {
    const auto expire = [weak = weak_from_this()] {
        if (const auto connection = weak.lock()) {
            connection->timedOut_ = true;
            connection->reset();
        }
    };
    const auto tell = [weak = weak_from_this()] {
        if (const auto connection = weak.lock()) {
            connection->inputIsLate_ = true;
            connection->inputArrived_.notify();
        }
    };
    readWatchdog_ = std::make_shared<Watchdog>(executor_, expire);
    headWatchdog_ = std::make_shared<Watchdog>(executor_, tell);
    writeWatchdog_ = std::make_shared<Watchdog>(executor_, expire);
}

net::Task<void> Connection::serve() {
    // Not `while (co_await ...) {}`: GCC 12 lays such a coroutine's frame out wrongly.
    bool another = true;
    while (another) another = co_await serveOne();
    if (closed_ || inputEnded_) co_return;
    co_await sent();
    co_await linger();
}

// A close with unread input in the socket makes the kernel send RST, which may overtake the answer.
net::Task<void> Connection::linger() {
    writeWatchdog_->arm(kLinger);
    co_await transport_->endWriting();
    writeWatchdog_->disarm();
    const auto until = std::chrono::steady_clock::now() + kLinger;
    std::size_t dropped = 0;
    while (dropped < kLingerBytes && std::chrono::steady_clock::now() < until) {
        dropped += input_.size();
        input_.consume(input_.size());
        if (!co_await moreInput(kLinger)) break;
    }
}

bool Connection::wantsInput() const {
    return demanded_ || (watching_ && input_.size() < kPipelineBytes);
}

net::Task<void> Connection::readLoop() {
    const auto self = shared_from_this();
    while (!closed_) {
        while (!closed_ && !wantsInput()) co_await inputWanted_.wait();
        if (closed_) break;
        const bool idle = watching_ && !streaming_;
        const auto buffer = input_.prepare(idle ? kIdleReadBytes : kReadBytes);
        const auto count = co_await transport_->read(buffer);
        demanded_ = false;
        if (!count || *count == 0) {
            inputEnded_ = true;
            inputBroken_ = !count;
            inputArrived_.notify();
            if (exchange_ != nullptr) exchange_->inputEnded(count.has_value());
            co_return;
        }
        input_.commit(*count);
        inputArrived_.notify();
    }
}

net::Task<bool> Connection::moreInput(std::chrono::milliseconds limit, WhenLate whenLate) {
    if (inputEnded_ || closed_) co_return false;
    const auto before = input_.size();
    demanded_ = true;
    inputIsLate_ = false;
    inputWanted_.notify();
    const auto& watchdog = whenLate == WhenLate::GoOn ? headWatchdog_ : readWatchdog_;
    watchdog->arm(limit);
    while (!closed_ && !inputEnded_ && !inputIsLate_ && input_.size() == before)
        co_await inputArrived_.wait();
    watchdog->disarm();
    co_return input_.size() > before;
}

void Connection::watchClient(bool on) {
    watching_ = on;
    if (on) inputWanted_.notify();
}

void Connection::send(BytesView bytes) {
    append(outgoing_, bytes);
    outputWanted_.notify();
}

net::Task<Result<>> Connection::sent() {
    while (!closed_ && !writeError_ && (writing_ || !outgoing_.empty()))
        co_await outputDone_.wait();
    if (timedOut_) co_return fail(kTimeout, "the client took no octet for too long");
    if (writeError_) co_return fail(*writeError_);
    if (closed_) co_return fail(kClientGone, "the connection to the client is closed");
    co_return Result<>{};
}

net::Task<void> Connection::writeLoop() {
    const auto self = shared_from_this();
    Bytes piece;
    while (!closed_ && !writeError_) {
        while (!closed_ && outgoing_.empty()) co_await outputWanted_.wait();
        if (closed_) break;
        piece.clear();
        piece.swap(outgoing_);
        writing_ = true;
        for (BytesView rest(piece); !rest.empty() && !writeError_;) {
            if (!streaming_) writeWatchdog_->arm(options().limits.write);
            const auto count = co_await transport_->write(rest);
            writeWatchdog_->disarm();
            if (count)
                rest = rest.subspan(*count);
            else
                writeError_ = count.error();
        }
        writing_ = false;
        if (piece.capacity() > kPipelineBytes) Bytes().swap(piece);
        outputDone_.notify();
    }
    outputDone_.notify();
    if (writeError_ && exchange_ != nullptr) exchange_->clientWentAway();
}

void Connection::finishSoon() {
    finishing_ = true;
    if (exchange_ == nullptr && transport_) shut();
    if (!transport_) reset();
}

void Connection::reset() {
    if (transport_)
        transport_->reset();
    else if (giveUp_)
        giveUp_();
    shut();
}

void Connection::shut() {
    if (closed_) return;
    closed_ = true;
    if (transport_) transport_->close();
    inputWanted_.notify();
    inputArrived_.notify();
    outputWanted_.notify();
    outputDone_.notify();
}

// The raw head, or nothing when the connection is to be closed without an answer.
net::Task<std::string> Connection::readHead() {
    if (input_.empty()) {
        watchClient(true);
        if (!co_await moreInput(options().limits.idle)) co_return std::string();
    }
    const auto until = std::chrono::steady_clock::now() + options().limits.head;
    for (;;) {
        // Empty lines before a request line are skipped (RFC 9112 2.2).
        while (asText(input_.data()).starts_with("\r\n")) input_.consume(2);
        const auto text = asText(input_.data());
        if (const auto length = findHeadEnd(text); length > 0) {
            std::string head(text.substr(0, length));
            input_.consume(length);
            co_return head;
        }
        // Too long already: admission says so.
        if (text.size() > options().admission.maxHeadBytes) co_return std::string(text);
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
        bool more = false;
        if (left.count() > 0) more = co_await moreInput(left, WhenLate::GoOn);
        if (more || closed_ || inputEnded_) {
            if (!more) co_return std::string();
            continue;
        }
        headIsLate_ = true;
        co_return std::string();
    }
}

net::Task<bool> Connection::serveOne() {
    std::string rawHead = co_await readHead();
    if (headIsLate_ && !closed_) {
        Error late(kHeadTimeout,
                   "the head of the request did not arrive in time; send it in one piece");
        co_await refuse(std::move(late));
        co_return false;
    }
    if (rawHead.empty() || closed_ || finishing_) co_return false;
    auto admitted = admit(rawHead, options().admission);
    if (!admitted) {
        co_await refuse(admitted.error());
        co_return false;
    }
    co_return co_await runExchange(std::move(rawHead), std::move(*admitted));
}

net::Task<bool> Connection::runExchange(std::string rawHead, AdmittedRequest request) {
    auto exchange = ServerExchange::create(*this, rawHead, std::move(request));
    rawHead = std::string();
    if (!exchange) {
        co_await refuse(exchange.error());
        co_return false;
    }
    exchange_ = exchange->get();
    std::string thrown;
    try {
        co_await service_->handler(**exchange);
    } catch (const std::exception& error) {
        thrown = error.what();
    } catch (...) {
        thrown = "unknown exception";
    }
    if (!thrown.empty())
        kLog.error("http.handler_threw", {{"server", options().name}, {"what", thrown}});
    const bool reusable = co_await (*exchange)->settle();
    exchange_ = nullptr;
    co_return reusable && !finishing_ && !closed_;
}

net::Task<void> Connection::refuse(Error why) {
    if (!headIsLate_ && options().onRefused) options().onRefused(why);
    // Whoever is refused can be refused as often as they like.
    static thread_local log::Seldom seldom(20, std::chrono::seconds(1));
    if (const auto omitted = seldom.pass(std::chrono::steady_clock::now())) {
        kLog.warn("http.refused",
                  {{"server", options().name},
                   {"peer", transport_->peer()},
                   {"code", why.code().name()},
                   {"omitted", *omitted}});
    }
    const auto problem = problemOf(why);
    const auto body = problemBody(problem);
    ResponseHead head;
    head.status = problem.status;
    head.headers.add("Content-Type", "application/problem+json");
    head.body = BodyFraming::ofLength(body.size());
    if (const auto text = formatResponseHead(head, ConnectionUse::Close))
        send(asBytes(*text + body));
    co_await sent();
}

}  // namespace pcg::http
