// SPDX-License-Identifier: Apache-2.0
#include "gateway/upload/source_fetch.h"

#include "common/http/socket_transport.h"
#include "common/log/log.h"
#include "common/net/dialer.h"
#include "gateway/upload/errc.h"
#include "vcenter-proxy/errc.h"

#include <algorithm>

namespace pcg::gateway::upload {
namespace {

constexpr log::Logger kLog("upload");
constexpr std::size_t kPiece = 256 * 1024;
constexpr ByteCount kRoomStep = 64_MiB;  // of an object whose size is not said

// Only to what the list opens, by the addresses that the name has now.
class SourceRoute final : public net::Route {
  public:
    SourceRoute(std::shared_ptr<const SourceList> list,
                std::shared_ptr<proxy::TunnelDialer> names,
                std::shared_ptr<net::Route> below)
        : list_(std::move(list)), names_(std::move(names)), below_(std::move(below)) {}

    net::Task<Result<net::TcpSocket>> connect(net::Target target,
                                              std::chrono::milliseconds limit) override;

    net::Way wayTo(const net::Target&) const override {
        return {true, "direct", "sources are reached directly"};
    }

  private:
    std::shared_ptr<const SourceList> list_;
    std::shared_ptr<proxy::TunnelDialer> names_;
    std::shared_ptr<net::Route> below_;
};

net::Task<Result<net::TcpSocket>> SourceRoute::connect(net::Target target,
                                                       std::chrono::milliseconds limit) {
    const auto end = std::chrono::steady_clock::now() + limit;
    PCG_CO_TRY(const auto asked, proxy::TunnelTarget::parse(target.text()));
    PCG_CO_TRY(const auto resolved, co_await names_->resolve(asked.host(), asked.port(), limit));
    PCG_CO_TRY(const auto own, names_->own());
    auto allowed = proxy::whereTo(list_->places(), asked, resolved, own);
    if (!allowed) co_return fail(errc::kSourceDenied, "source: " + allowed.error().message() + ".");
    Error last(errc::kSourceFailed, "no address of " + target.text() + " could be reached");
    for (const auto& address : *allowed) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            end - std::chrono::steady_clock::now());
        if (left.count() <= 0) break;
        net::Target one{address.to_string(), target.port};
        auto socket = co_await below_->connect(std::move(one), left);
        if (socket) co_return std::move(socket);
        last = std::move(socket).error();
    }
    co_return fail(std::move(last));
}

class PlainOpener final : public http::StreamOpener {
  public:
    PlainOpener(std::shared_ptr<net::Route> route, net::Target target)
        : route_(std::move(route)), target_(std::move(target)) {}

    net::Task<Result<std::unique_ptr<http::Transport>>> open() override {
        const auto route = route_;
        auto target = target_;
        PCG_CO_TRY(auto socket, co_await route->connect(std::move(target), kLimit));
        co_return http::makeTcpTransport(std::move(socket));
    }

  private:
    static constexpr std::chrono::milliseconds kLimit{10'000};

    std::shared_ptr<net::Route> route_;
    net::Target target_;
};

class Fetching {
  public:
    Fetching(FetchParts parts, Record& record, Part part)
        : parts_(std::move(parts)),
          record_(record),
          plan_(parts_.list, record.order.source, record.order.mostBytes, std::move(part)) {}

    net::Task<Result<>> run();

  private:
    using Next = FetchPlan::Next;

    net::Task<Result<Next>> ask();
    net::Task<Result<Next>> takeBody(http::Call& call);
    net::Task<Result<>> makeRoom();
    Result<Next> broke(const Error& why);

    FetchParts parts_;
    Record& record_;
    FetchPlan plan_;
    ByteCount room_ = 0;
};

net::Task<Result<>> Fetching::run() {
    PCG_CO_CHECK(plan_.mayBegin());
    for (;;) {
        if (parts_.halt.why()) co_return fail(*parts_.halt.why());
        const auto next = co_await ask();
        record_.part = plan_.part();
        if (parts_.halt.why()) co_return fail(*parts_.halt.why());
        if (!next) co_return fail(next.error());
        if (*next == Next::Whole) co_return Result<>();
        if (*next == Next::Pause) co_await parts_.halt.pause(plan_.pause());
    }
}

// Somebody's mistake will not go away by asking again.
Result<FetchPlan::Next> Fetching::broke(const Error& why) {
    if (why.is(errc::kSourceDenied)) return fail(why);
    if (why.isInput()) {
        return fail(errc::kSourceRefused, plan_.url().shown() + ": " + why.message() + ".");
    }
    kLog.info(
        "upload.source_broke",
        {{"upload", record_.order.id.text()}, {"have", plan_.part().have}, {"why", why.message()}});
    return plan_.failed(why);
}

net::Task<Result<FetchPlan::Next>> Fetching::ask() {
    auto url = plan_.url();
    auto started = co_await parts_.sources.start(std::move(url), plan_.request());
    if (!started) co_return broke(started.error());
    auto& call = **started;
    const Watched watched(parts_.halt, call);
    const auto asked = co_await call.finishRequest();
    if (!asked) co_return broke(asked.error());
    const auto head = co_await call.readHead();
    if (!head) co_return broke(head.error());
    const auto next = plan_.answered(*head);
    if (!next || *next != Next::Body) co_return next;
    co_return co_await takeBody(call);
}

net::Task<Result<>> Fetching::makeRoom() {
    const auto have = plan_.part().have;
    auto wanted = plan_.part().total.value_or((have / kRoomStep + 1) * kRoomStep);
    if (!plan_.part().total) {
        // As much as may come, and no more.
        const auto most = std::min(record_.order.mostBytes, parts_.cache.limits().object);
        wanted = std::min(wanted, most);
    }
    wanted = std::max(wanted, have);
    if (wanted <= room_) co_return Result<>();
    auto id = record_.order.id;
    PCG_CO_CHECK(co_await parts_.cache.makeRoom(std::move(id), wanted));
    room_ = wanted;
    co_return Result<>();
}

net::Task<Result<FetchPlan::Next>> Fetching::takeBody(http::Call& call) {
    record_.part = plan_.part();
    PCG_CO_CHECK(co_await parts_.keep());
    PCG_CO_CHECK(co_await makeRoom());
    auto id = record_.order.id;
    PCG_CO_TRY(const auto file, co_await parts_.cache.openPart(std::move(id), plan_.part().have));
    for (;;) {
        Bytes piece(kPiece);
        const auto count = co_await call.readBody(piece);
        if (parts_.halt.why()) co_return fail(*parts_.halt.why());
        if (!count) co_return broke(count.error());
        if (*count == 0) co_return plan_.ended();
        const auto at = plan_.part().have;
        PCG_CO_CHECK(plan_.received(*count));
        PCG_CO_CHECK(co_await makeRoom());
        piece.resize(*count);
        PCG_CO_CHECK(co_await parts_.cache.write(file, std::move(piece), at));
        record_.fetched(plan_.part().have);
        parts_.progressed();
    }
}

}  // namespace

net::Task<Result<std::unique_ptr<http::Call>>> DialledSources::start(SourceUrl url,
                                                                     http::RequestHead head) {
    auto route = std::make_shared<SourceRoute>(list_, names_, below_);
    const net::Target target{url.place().host(), url.place().port()};
    std::shared_ptr<http::StreamOpener> opener;
    if (!url.isTls()) {
        opener = std::make_shared<PlainOpener>(std::move(route), target);
    } else if (trust_) {
        auto dialer = std::make_shared<net::Dialer>(*trust_, std::move(route));
        opener = http::tlsOpener(std::move(dialer), target.host, target.port);
    } else {
        co_return fail(errc::kSourceRefused,
                       "this gateway knows no authorities for https sources (upload_ca_file)");
    }
    http::ClientOptions options;
    options.authority = url.authority();
    options.maxConnections = 1;
    options.maxIdle = 0;
    http::Client client(loop_, std::move(opener), std::move(options));
    co_return co_await client.start(std::move(head));
}

net::Task<Result<>> fetch(FetchParts parts, Record& record) {
    auto part = record.part;
    Fetching fetching(std::move(parts), record, std::move(part));
    co_return co_await fetching.run();
}

}  // namespace pcg::gateway::upload
