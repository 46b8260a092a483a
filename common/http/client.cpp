// SPDX-License-Identifier: Apache-2.0
#include "common/http/client.h"

#include "common/base/clock.h"
#include "common/base/text.h"
#include "common/http/client_call.h"
#include "common/http/errc.h"

#include <algorithm>
#include <array>

namespace pcg::http {

namespace {

bool isIdempotent(std::string_view method) {
    constexpr std::array<std::string_view, 6> kMethods{
        "GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"};
    return std::find(kMethods.begin(), kMethods.end(), method) != kMethods.end();
}

}  // namespace

std::string_view nameOf(Outcome outcome) {
    switch (outcome) {
        case Outcome::NotDispatched:
            return "not-dispatched";
        case Outcome::Complete:
            return "complete";
        case Outcome::Unknown:
            break;
    }
    return "unknown";
}

// Idle connections, newest last; the newest is taken first, so that surplus ones grow old and are
// dropped.
class Client::Pool : public ConnectionHome, public std::enable_shared_from_this<Pool> {
  public:
    Pool(net::Executor executor, std::shared_ptr<StreamOpener> opener, ClientOptions options)
        : executor_(executor), opener_(std::move(opener)), options_(std::move(options)) {}

    net::Task<Result<std::unique_ptr<Call>>> start(RequestHead head, CallLimits limits);

    void giveBack(std::unique_ptr<Transport> transport) override;

    void lost() override { --inUse_; }

    void closeIdle() { idle_.clear(); }

    std::size_t idleCount() const { return idle_.size(); }

    const ClientOptions& options() const { return options_; }

  private:
    struct Idle {
        std::unique_ptr<Transport> transport;
        SteadyTime since;
    };

    std::unique_ptr<Transport> takeIdle(std::string_view method);

    net::Executor executor_;
    std::shared_ptr<StreamOpener> opener_;
    ClientOptions options_;
    std::vector<Idle> idle_;
    std::size_t inUse_ = 0;
};

std::unique_ptr<Transport> Client::Pool::takeIdle(std::string_view method) {
    const auto now = std::chrono::steady_clock::now();
    std::erase_if(idle_, [&](const Idle& idle) { return now - idle.since > options_.reuseWithin; });
    const auto within =
        isIdempotent(method) ? options_.reuseWithin : options_.reuseNonIdempotentWithin;
    while (!idle_.empty() && now - idle_.back().since <= within) {
        auto transport = std::move(idle_.back().transport);
        idle_.pop_back();
        if (transport->idleAndOpen()) return transport;
    }
    return nullptr;
}

void Client::Pool::giveBack(std::unique_ptr<Transport> transport) {
    --inUse_;
    if (options_.maxIdle == 0) return;
    if (idle_.size() >= options_.maxIdle) idle_.erase(idle_.begin());
    idle_.push_back({std::move(transport), std::chrono::steady_clock::now()});
}

net::Task<Result<std::unique_ptr<Call>>> Client::Pool::start(RequestHead head, CallLimits limits) {
    const auto self = shared_from_this();
    if (head.headers.count("Host") == 0) {
        HeaderList headers{{"Host", options_.authority}};
        for (const auto& header : head.headers) headers.add(header.name, header.value);
        head.headers = std::move(headers);
    }
    PCG_CO_TRY(std::string text, formatRequestHead(head));
    auto transport = takeIdle(head.method);
    if (!transport && inUse_ + idle_.size() >= options_.maxConnections) {
        if (idle_.empty())
            co_return fail(
                kBusy, "all connections to " + options_.authority + " are in use; try again later");
        idle_.erase(idle_.begin());
    }
    ++inUse_;
    if (!transport) {
        auto opened = co_await opener_->open();
        if (!opened) {
            lost();
            co_return fail(std::move(opened).error());
        }
        transport = std::move(*opened);
    }
    std::unique_ptr<Call> call = makeClientCall(
        executor_, self, std::move(transport), std::move(head), std::move(text), limits);
    co_return call;
}

Client::Client(net::Loop& loop, std::shared_ptr<StreamOpener> opener, ClientOptions options)
    : pool_(std::make_shared<Pool>(loop.get_executor(), std::move(opener), std::move(options))) {}

Client::~Client() { pool_->closeIdle(); }

net::Task<Result<std::unique_ptr<Call>>> Client::start(RequestHead head) {
    return pool_->start(std::move(head), pool_->options().limits);
}

net::Task<Result<std::unique_ptr<Call>>> Client::start(RequestHead head, CallLimits limits) {
    return pool_->start(std::move(head), limits);
}

void Client::closeIdle() { pool_->closeIdle(); }

std::size_t Client::idleCount() const { return pool_->idleCount(); }

net::Task<Result<WholeResponse>> callWhole(Caller& caller,
                                           RequestHead head,
                                           BytesView body,
                                           ByteCount limit) {
    head.body = body.empty() ? BodyFraming::none() : BodyFraming::ofLength(body.size());
    PCG_CO_TRY(const std::unique_ptr<Call> call, co_await caller.start(std::move(head)));
    // A server may answer before it took the whole request; then its answer says more than the
    // broken write.
    auto written = co_await call->writeBody(body);
    if (written) written = co_await call->finishRequest();
    auto answer = co_await call->readHead();
    if (!answer) co_return fail(written ? std::move(answer).error() : std::move(written).error());
    WholeResponse response;
    response.head = std::move(*answer);
    Bytes piece(16 * 1024);
    for (;;) {
        const MutableBytes into(piece);
        PCG_CO_TRY(const std::size_t count, co_await call->readBody(into));
        if (count == 0) co_return response;
        if (response.body.size() + count > limit)
            co_return fail(kBodyTooLarge,
                           "the answer is larger than " + std::to_string(limit) + " octets");
        append(response.body, BytesView(piece).first(count));
    }
}

void removeHopByHop(HeaderList& headers) {
    std::vector<std::string> names{"Connection",
                                   "Keep-Alive",
                                   "Proxy-Connection",
                                   "Proxy-Authenticate",
                                   "Proxy-Authorization",
                                   "TE",
                                   "Trailer",
                                   "Upgrade"};
    for (const auto& header : headers) {
        if (!equalsIgnoreCaseAscii(header.name, "Connection")) continue;
        for (const auto part : split(header.value, ',')) names.emplace_back(trimAscii(part));
    }
    for (const auto& name : names) headers.remove(name);
}

}  // namespace pcg::http
