// SPDX-License-Identifier: Apache-2.0
#include "common/bus/broker_dial.h"

#include "common/bus/errc.h"
#include "common/net/deadline.h"
#include "common/net/errc.h"

namespace pcg::bus {
namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;
using DialerPtr = std::shared_ptr<net::Dialer>;

constexpr milliseconds kUserTimeout{15'000};

// --- NATS: the greeting in clear

net::Task<Result<ServerInfo>> readGreeting(net::TcpSocket& socket,
                                           net::Target target,
                                           milliseconds limit) {
    const net::Deadline deadline(socket.get_executor(), limit, [&socket] {
        boost::system::error_code ignored;
        socket.close(ignored);
    });
    std::string line(kMaxInfoLine, '\0');
    std::size_t size = 0;
    std::size_t end = std::string::npos;
    while (end == std::string::npos && size < line.size()) {
        const auto room = net::asio::buffer(line.data() + size, line.size() - size);
        const auto [error, count] = co_await socket.async_read_some(room, net::kAwaitTuple);
        if (deadline.expired()) {
            co_return fail(
                net::kTimeout,
                "the broker at " + target.text() + " accepted the connection but sent no greeting");
        }
        if (error) co_return fail(net::describeSocketError(error, target.text()));
        size += count;
        end = std::string_view(line.data(), size).find("\r\n");
    }
    // Whatever follows the greeting in clear was not sent by a broker that waits for TLS: it was
    // put there.
    if (end == std::string::npos || end + 2 != size) {
        co_return fail(kProtocol,
                       "the broker at " + target.text() +
                           " sent something else than one greeting line before TLS");
    }
    co_return parseServerInfo(std::string_view(line).substr(0, end));
}

net::Task<Result<Arrival>> arriveAsNats(DialerPtr dialer, net::Target target) {
    PCG_CO_TRY(net::TcpSocket socket, co_await dialer->connect(target));
    net::setUserTimeout(socket, kUserTimeout);
    Arrival arrival;
    PCG_CO_TRY(arrival.info, co_await readGreeting(socket, target, dialer->limits().handshake));
    if (!arrival.info.tlsOffered) {
        co_return fail(kProtocol,
                       "the broker at " + target.text() +
                           " does not offer TLS; nothing was sent. Enable TLS on the broker");
    }
    PCG_CO_TRY(net::TlsConnection secured, co_await dialer->secure(std::move(socket), target));
    arrival.connection = net::plainly(std::move(secured));
    arrival.way = dialer->wayTo(target);
    co_return arrival;
}

// --- TLS first: everything inside it

net::Task<Result<>> readGreetingInside(Arrival& arrival, milliseconds limit) {
    auto& stream = *arrival.connection.stream;
    const auto executor = co_await net::asio::this_coro::executor;
    const net::Deadline deadline(executor, limit, [&stream] { stream.close(); });
    std::string text(kMaxInfoLine, '\0');
    std::size_t size = 0;
    std::size_t end = std::string::npos;
    while (end == std::string::npos && size < text.size()) {
        const MutableBytes room(reinterpret_cast<std::uint8_t*>(text.data()) + size,
                                text.size() - size);
        const auto [error, count] = co_await stream.readSome(room);
        if (deadline.expired())
            co_return fail(net::kTimeout, arrival.connection.peer + " sent no greeting");
        if (error) co_return fail(net::describeSocketError(error, arrival.connection.peer));
        size += count;
        end = std::string_view(text.data(), size).find("\r\n");
    }
    if (end == std::string::npos)
        co_return fail(kProtocol, arrival.connection.peer + " sent no greeting line");
    PCG_CO_TRY(arrival.info, parseServerInfo(std::string_view(text).substr(0, end)));
    arrival.early = text.substr(end + 2, size - end - 2);
    co_return Result<>();
}

net::Task<Result<Arrival>> arriveInsideTls(DialerPtr dialer, OtherWay other) {
    const auto limit = dialer->limits().handshake;
    PCG_CO_TRY(net::TcpSocket socket, co_await dialer->connect(other.target));
    net::setUserTimeout(socket, kUserTimeout);
    // secure(), not open(): nobody may inspect the bus.
    PCG_CO_TRY(net::TlsConnection secured,
               co_await dialer->secure(std::move(socket), other.target));
    Arrival arrival;
    arrival.transport = other.transport;
    arrival.way = dialer->wayTo(other.target);
    if (other.transport == Transport::WebSocket) {
        PCG_CO_TRY(arrival.connection,
                   co_await net::overWebSocket(std::move(secured), other.target, limit));
    } else {
        arrival.connection = net::plainly(std::move(secured));
    }
    PCG_CO_CHECK(co_await readGreetingInside(arrival, limit));
    co_return arrival;
}

// --- both

struct Runner {
    std::optional<Result<Arrival>> result;
    net::asio::cancellation_signal cancel;
    bool started = false;

    bool failed() const { return result && !*result; }

    bool arrived() const { return result && *result; }
};

struct Race {
    explicit Race(net::Executor executor) : changed(executor) {}

    net::Timer changed;  // cancelled when one of them is done
    Runner nats;
    Runner other;
};

using RacePtr = std::shared_ptr<Race>;

net::Task<void> runner(RacePtr race, Runner& runner, net::Task<Result<Arrival>> dial) {
    runner.result.emplace(co_await std::move(dial));
    race->changed.cancel();
}

void startRunner(const RacePtr& race, Runner& of, net::Task<Result<Arrival>> dial) {
    of.started = true;
    const auto executor = race->changed.get_executor();
    // One that is ended in the middle ends by an exception; nobody waits for it any more.
    auto token = net::asio::bind_cancellation_slot(of.cancel.slot(), [race](std::exception_ptr) {});
    net::asio::co_spawn(executor, runner(race, of, std::move(dial)), std::move(token));
}

// Ends whoever still runs.
struct RaceEnd {
    RacePtr race;

    ~RaceEnd() {
        race->nats.cancel.emit(net::asio::cancellation_type::terminal);
        race->other.cancel.emit(net::asio::cancellation_type::terminal);
    }
};

std::string_view titleOf(Transport transport) {
    return transport == Transport::WebSocket ? "WebSocket" : "TLS first";
}

Error bothFailed(const Error& nats, const Error& other, Transport transport) {
    const bool inspected = other.is(net::kTlsIntercepted);
    const auto how =
        transport == Transport::WebSocket ? ". Over WebSocket: " : ". With TLS first: ";
    return {inspected ? other.code() : nats.code(), nats.message() + how + other.message()};
}

std::string whyNotNats(const DialPlan& plan, const Runner& nats) {
    if (!plan.nats) return "the papers name no other way";
    const auto at = "NATS at " + plan.nats->text();
    if (nats.failed()) return at + " does not get through: " + nats.result->error().message();
    return at + " does not answer";
}

Arrival takeFirst(Race& race, const DialPlan& plan) {
    if (race.nats.arrived()) return std::move(**race.nats.result);
    auto arrival = std::move(**race.other.result);
    arrival.way.text = std::string(titleOf(arrival.transport)) + ", " + arrival.way.text;
    arrival.way.why += "; " + whyNotNats(plan, race.nats);
    return arrival;
}

}  // namespace

net::Task<Result<Arrival>> dialBroker(DialerPtr dialer, DialPlan plan) {
    const auto executor = co_await net::asio::this_coro::executor;
    const auto race = std::make_shared<Race>(executor);
    const RaceEnd end{race};
    const auto otherAt =
        SteadyClock::now() +
        (plan.nats && plan.first == Transport::Nats ? plan.headStart : milliseconds(0));
    if (plan.nats) startRunner(race, race->nats, arriveAsNats(dialer, *plan.nats));
    while (!race->nats.arrived() && !race->other.arrived()) {
        const bool natsIsOut = !plan.nats || race->nats.failed();
        const bool otherIsOut = !plan.other || race->other.failed();
        if (natsIsOut && otherIsOut) {
            if (!plan.other) co_return fail(race->nats.result->error());
            if (!plan.nats) co_return fail(race->other.result->error());
            co_return fail(bothFailed(
                race->nats.result->error(), race->other.result->error(), plan.other->transport));
        }
        const bool due = natsIsOut || SteadyClock::now() >= otherAt;
        if (plan.other && !race->other.started && due)
            startRunner(race, race->other, arriveInsideTls(dialer, *plan.other));
        const bool waits = plan.other && !race->other.started;
        race->changed.expires_at(waits ? otherAt : SteadyClock::time_point::max());
        co_await race->changed.async_wait(net::kAwaitTuple);
        const auto state = co_await net::asio::this_coro::cancellation_state;
        if (state.cancelled() != net::asio::cancellation_type::none)
            co_return fail(kStopped, "stopped while connecting");
    }
    co_return takeFirst(*race, plan);
}

}  // namespace pcg::bus
