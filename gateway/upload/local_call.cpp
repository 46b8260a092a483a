// SPDX-License-Identifier: Apache-2.0
#include "gateway/upload/local_call.h"

#include "common/http/errc.h"
#include "common/http/exchange.h"
#include "common/http/signal.h"

#include <algorithm>
#include <cstring>
#include <optional>

namespace pcg::gateway::upload {
namespace {

// What both ends share; whichever leaves last destroys it.
struct Link {
    Link(net::Executor executor, http::RequestHead head, std::string name)
        : request(std::move(head)), peer(std::move(name)), signal(executor) {}

    // One direction: octets of whoever writes, who waits until they were read.
    struct Half {
        BytesView offered;
        bool ended = false;
    };

    http::RequestHead request;
    std::string peer;
    http::Signal signal;
    Half up;
    Half down;
    std::optional<http::ResponseHead> answer;
    std::optional<Error> broken;
    std::function<void()> clientGone;
    bool over = false;  // the proxy has left

    void breakOff(const Error& why) {
        if (!broken) broken = why;
        up.offered = {};
        down.offered = {};
        signal.notify();
    }

    static net::Task<Result<>> write(std::shared_ptr<Link> link, Half& half, BytesView bytes) {
        if (link->broken) co_return fail(*link->broken);
        half.offered = bytes;
        link->signal.notify();
        // Whoever answers before it took the whole request will not take the rest.
        const bool isUp = &half == &link->up;
        while (!half.offered.empty() && !link->broken && !link->over && !(isUp && link->answer)) {
            co_await link->signal.wait();
        }
        const bool taken = half.offered.empty() && !link->broken;
        half.offered = {};
        if (link->broken) co_return fail(*link->broken);
        if (!taken) co_return fail(http::kConnectionLost, "the request was answered already");
        co_return Result<>();
    }

    static net::Task<Result<std::size_t>> read(std::shared_ptr<Link> link,
                                               Half& half,
                                               MutableBytes buffer) {
        while (half.offered.empty() && !half.ended && !link->broken) co_await link->signal.wait();
        if (link->broken) co_return fail(*link->broken);
        const auto count = std::min(buffer.size(), half.offered.size());
        if (count > 0) std::memcpy(buffer.data(), half.offered.data(), count);
        half.offered = half.offered.subspan(count);
        if (half.offered.empty()) link->signal.notify();
        co_return count;
    }
};

class LocalExchange final : public http::Exchange {
  public:
    explicit LocalExchange(std::shared_ptr<Link> link) : link_(std::move(link)) {}

    const http::RequestHead& request() const override { return link_->request; }

    net::Task<Result<std::size_t>> readBody(MutableBytes buffer) override {
        co_return co_await Link::read(link_, link_->up, buffer);
    }

    net::Task<Result<>> respond(http::ResponseHead head) override {
        if (link_->broken) co_return fail(*link_->broken);
        link_->answer = std::move(head);
        link_->signal.notify();
        co_return Result<>();
    }

    net::Task<Result<>> writeBody(BytesView bytes) override {
        if (bytes.empty()) co_return Result<>();
        co_return co_await Link::write(link_, link_->down, bytes);
    }

    net::Task<Result<>> finish() override {
        link_->down.ended = true;
        link_->signal.notify();
        co_return Result<>();
    }

    void abort(const Error& why) override { link_->breakOff(why); }

    void onClientGone(std::function<void()> callback) override {
        link_->clientGone = std::move(callback);
    }

    bool responded() const override { return link_->answer.has_value(); }

    std::string peer() const override { return link_->peer; }

  private:
    std::shared_ptr<Link> link_;
};

class LocalCall final : public http::Call {
  public:
    explicit LocalCall(std::shared_ptr<Link> link) : link_(std::move(link)) {}

    ~LocalCall() override {
        if (!link_->over && !link_->down.ended) cancel();
    }

    net::Task<Result<>> writeBody(BytesView bytes) override {
        if (bytes.empty()) co_return Result<>();
        co_return co_await Link::write(link_, link_->up, bytes);
    }

    net::Task<Result<>> finishRequest() override {
        link_->up.ended = true;
        link_->signal.notify();
        co_return Result<>();
    }

    net::Task<Result<http::ResponseHead>> readHead() override {
        const auto link = link_;
        while (!link->answer && !link->broken && !link->over) co_await link->signal.wait();
        if (link->answer && !read_) {
            read_ = true;
            co_return *link->answer;
        }
        if (link->broken) co_return fail(*link->broken);
        co_return fail(http::kConnectionLost, "the request was left without an answer");
    }

    net::Task<Result<std::size_t>> readBody(MutableBytes buffer) override {
        co_return co_await Link::read(link_, link_->down, buffer);
    }

    void cancel() override {
        link_->breakOff(Error(http::kCancelled, "the call was cancelled"));
        if (auto gone = std::exchange(link_->clientGone, nullptr)) gone();
    }

    // The proxy says what it knows in the answer's own fields; without one nobody knows.
    http::Outcome outcome() const override {
        return read_ && !link_->broken ? http::Outcome::Complete : http::Outcome::Unknown;
    }

  private:
    std::shared_ptr<Link> link_;
    bool read_ = false;
};

net::Task<void> answerLocally(proxy::EndpointService& service,
                              std::shared_ptr<Link> link,
                              wire::EndpointId endpoint,
                              std::string requestId) {
    LocalExchange exchange(link);
    co_await service.serve(exchange, std::move(endpoint), std::move(requestId));
    link->over = true;
    link->clientGone = nullptr;
    if (!link->down.ended)
        link->breakOff(Error(http::kConnectionLost, "the request was left without an answer"));
    link->signal.notify();
}

}  // namespace

net::Task<Result<std::unique_ptr<http::Call>>> LocalCaller::start(http::RequestHead head) {
    auto link = std::make_shared<Link>(loop_.get_executor(), std::move(head), peer_);
    auto requestId = wire::newId<wire::RequestId>(random_).text();
    net::asio::co_spawn(
        loop_, answerLocally(service_, link, endpoint_, std::move(requestId)), net::asio::detached);
    std::unique_ptr<http::Call> call = std::make_unique<LocalCall>(std::move(link));
    co_return call;
}

}  // namespace pcg::gateway::upload
