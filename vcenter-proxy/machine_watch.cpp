// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/machine_watch.h"

#include "common/http/signal.h"
#include "common/log/log.h"
#include "vcenter-proxy/endpoint/own_call.h"

#include <algorithm>

namespace pcg::proxy {
namespace {

constexpr log::Logger kLog("proxy");
constexpr std::chrono::seconds kLookLimit{10};
constexpr std::chrono::milliseconds kSettleEvery{200};
constexpr int kMostFailures = 5;

struct Watched {
    Watched(const net::Executor& executor,
            std::shared_ptr<Endpoint> endpoint_,
            std::shared_ptr<Session> session_,
            policy::OwnTask task_,
            SteadyTime began_)
        : endpoint(std::move(endpoint_)),
          session(std::move(session_)),
          task(std::move(task_)),
          began(began_),
          seen(executor) {}

    std::shared_ptr<Endpoint> endpoint;
    std::shared_ptr<Session> session;
    policy::OwnTask task;
    SteadyTime began;
    SteadyTime looked{};
    int failures = 0;
    bool looking = false;
    bool over = false;
    http::Signal seen;  // a look has ended
};

using WatchedPtr = std::shared_ptr<Watched>;

}  // namespace

struct MachineWatch::Core : std::enable_shared_from_this<Core> {
    Core(net::Loop& loop_, const Clock& clock_, Remember remember_)
        : loop(loop_), clock(clock_), remember(std::move(remember_)), timer(loop_.get_executor()) {}

    static net::Task<void> run(std::shared_ptr<Core> self);
    static net::Task<void> look(std::shared_ptr<Core> self,
                                WatchedPtr one,
                                std::shared_ptr<Session> session);
    static net::Task<void> ask(std::shared_ptr<Core> self,
                               WatchedPtr one,
                               std::shared_ptr<Session> session);
    static net::Task<void> keep(std::shared_ptr<Core> self,
                                const Watched& one,
                                std::string machine);
    void add(OwnMachineRecord record);
    void sweep();

    net::Loop& loop;
    const Clock& clock;
    Remember remember;
    net::Timer timer;
    std::set<OwnMachineRecord> known;
    std::deque<OwnMachineRecord> order;
    std::vector<WatchedPtr> watched;
    bool running = false;
    bool stopped = false;
};

void MachineWatch::Core::add(OwnMachineRecord record) {
    if (!known.insert(record).second) return;
    order.push_back(std::move(record));
    if (order.size() <= kMostKnown) return;
    known.erase(order.front());
    order.pop_front();
}

void MachineWatch::Core::sweep() {
    const auto now = clock.now();
    std::erase_if(watched, [&](const WatchedPtr& one) {
        return one->over || one->failures >= kMostFailures || now - one->began > kLongest;
    });
}

net::Task<void> MachineWatch::Core::look(std::shared_ptr<Core> self,
                                         WatchedPtr one,
                                         std::shared_ptr<Session> session) {
    if (one->over) co_return;
    // Somebody else's question will be answered in a moment; its answer is as good.
    if (one->looking) co_return co_await one->seen.wait();
    one->looking = true;
    one->looked = self->clock.now();
    co_await ask(std::move(self), one, std::move(session));
    one->looking = false;
    one->seen.notify();
}

net::Task<void> MachineWatch::Core::ask(std::shared_ptr<Core> self,
                                        WatchedPtr one,
                                        std::shared_ptr<Session> session) {
    const std::string body = policy::propertyRequest(one->task);
    OwnCall own;
    own.body = asBytes(body);
    own.deadline = kLookLimit;
    own.headers.add("Cookie", session->upstream.header());
    if (!session->soap_action.empty()) own.headers.add("SOAPAction", session->soap_action);
    const auto answer = co_await callEndpoint(one->endpoint, std::move(own));
    if (self->stopped) co_return;  // nobody remembers any more
    const auto seen = answer && answer->head.status == 200
                          ? policy::lookIn(one->task, asText(answer->body))
                          : std::nullopt;
    if (!seen) {
        ++one->failures;
        co_return;
    }
    one->failures = 0;
    if (!seen->over) co_return;
    if (!seen->machine.empty()) co_await keep(std::move(self), *one, seen->machine);
    one->over = true;
}

net::Task<void> MachineWatch::Core::keep(std::shared_ptr<Core> self,
                                         const Watched& one,
                                         std::string machine) {
    const auto& config = one.endpoint->config;
    OwnMachineRecord record{
        config.id.text(), config.authority, one.session->principal.key.text(), std::move(machine)};
    kLog.info("proxy.machine_made",
              {{"endpoint", config.name}, {"machine", record.machine}, {"task", one.task.id}});
    co_await self->remember(record);
    self->add(std::move(record));
}

net::Task<void> MachineWatch::Core::run(std::shared_ptr<Core> self) {
    while (!self->stopped && !self->watched.empty()) {
        self->timer.expires_after(kEvery);
        co_await self->timer.async_wait(net::kAwaitTuple);
        const auto now = self->watched;
        for (const auto& one : now) {
            if (self->stopped) break;
            co_await look(self, one, one->session);
        }
        self->sweep();
    }
    self->running = false;
}

MachineWatch::MachineWatch(net::Loop& loop, const Clock& clock, Remember remember)
    : core_(std::make_shared<Core>(loop, clock, std::move(remember))) {}

MachineWatch::~MachineWatch() { stop(); }

void MachineWatch::restore(std::vector<OwnMachineRecord> records) {
    for (auto& record : records) core_->add(std::move(record));
}

void MachineWatch::stop() {
    core_->stopped = true;
    core_->timer.cancel();
    core_->watched.clear();
}

bool MachineWatch::owns(const Endpoint& endpoint,
                        const wire::AccessKeyId& key,
                        std::string_view machine) const {
    const OwnMachineRecord record{
        endpoint.config.id.text(), endpoint.config.authority, key.text(), std::string(machine)};
    return core_->known.contains(record);
}

void MachineWatch::began(std::shared_ptr<Endpoint> endpoint,
                         std::shared_ptr<Session> session,
                         policy::OwnTask task) {
    if (core_->stopped) return;
    if (core_->watched.size() >= kMostWatched) {
        kLog.warn("proxy.machine_not_watched",
                  {{"endpoint", endpoint->config.name}, {"task", task.id}});
        return;
    }
    core_->watched.push_back(std::make_shared<Watched>(core_->loop.get_executor(),
                                                       std::move(endpoint),
                                                       std::move(session),
                                                       std::move(task),
                                                       core_->clock.now()));
    if (std::exchange(core_->running, true)) return;
    net::asio::co_spawn(core_->loop, Core::run(core_), net::asio::detached);
}

net::Task<void> MachineWatch::settle(std::shared_ptr<Endpoint> endpoint,
                                     std::shared_ptr<Session> session) {
    if (core_->watched.empty()) co_return;
    const auto core = core_;
    const auto now = core->watched;
    for (const auto& one : now) {
        const bool asks =
            one->endpoint == endpoint && one->session->principal.key == session->principal.key;
        // Whoever asks for what is not his again and again must not make the vCenter busy.
        const bool lately = core->clock.now() - one->looked < kSettleEvery;
        if (asks && (one->looking || !lately)) co_await Core::look(core, one, session);
    }
    core->sweep();
}

bool MachineWatch::owns(std::string_view endpoint,
                        std::string_view key,
                        std::string_view machine) const {
    const OwnMachineRecord first{std::string(endpoint), {}, {}, {}};
    for (auto at = core_->known.lower_bound(first); at != core_->known.end(); ++at) {
        if (at->endpoint != endpoint) break;
        if (at->key == key && at->machine == machine) return true;
    }
    return false;
}

std::size_t MachineWatch::watched() const { return core_->watched.size(); }

}  // namespace pcg::proxy
