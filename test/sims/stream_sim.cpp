// SPDX-License-Identifier: Apache-2.0
#include "test/sims/stream_sim.h"

#include "common/stream/mux.h"

#include <array>
#include <functional>
#include <map>
#include <optional>
#include <queue>

namespace pcg::test {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using stream::Handle;
using Micros = std::chrono::microseconds;

constexpr auto kFaultsUntil = 20s;  // faults happen before this
constexpr auto kHorizon = 75s;      // by then everything must be over
constexpr auto kProbeAt = 36s;      // 15 s after the last possible cut has healed
constexpr auto kProbeLimit = 15s;
constexpr std::size_t kNodes = 3;  // 0 the ingress, 1 and 2 the gateways

class Dice {
  public:
    explicit Dice(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15ULL + 1) {}

    std::uint64_t next() {  // splitmix64
        auto z = (state_ += 0x9e3779b97f4a7c15ULL);
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
        return z ^ z >> 31;
    }

    std::uint64_t below(std::uint64_t bound) { return next() % bound; }

    std::uint64_t between(std::uint64_t low, std::uint64_t high) {
        return low + below(high - low + 1);
    }

    bool oneIn(std::uint64_t n) { return n != 0 && below(n) == 0; }

  private:
    std::uint64_t state_;
};

stream::Limits smallLimits() {
    stream::Limits limits;
    limits.smallBody = 256;
    limits.maxData = 1024;
    limits.sendBuffer = 1024;
    limits.floorWindow = 128;
    limits.initialWindow = 2048;
    limits.maxWindow = 16384;
    limits.routeWindow = 65536;
    limits.streamsPerRoute = 10;
    limits.streams = 14;
    limits.peers = 8;
    return limits;
}

enum class Answer : std::uint8_t { AfterUpload, WhileUploading, IgnoringUpload, Abort, Refuse };

// What is going to happen to one call; both applications read it.
struct Plan {
    unsigned id = 0;
    std::size_t from = 0;
    std::size_t to = 0;
    SteadyTime start;
    std::size_t upload = 0;
    std::size_t download = 0;
    bool isLengthKnown = true;
    Answer answer = Answer::AfterUpload;
    milliseconds think{0};
    std::size_t readChunk = 4096;  // the asker's reader: bytes a step,
    milliseconds readPause{0};     // and the time between two steps
    milliseconds stall{0};         // once, after the first bytes
    milliseconds writePause{
        0};  // both writers: before the first byte, and before saying that it was the last
    std::optional<SteadyTime> cancelAt;
    bool isProbe = false;
};

std::uint8_t byteAt(unsigned call, bool isUpload, std::size_t offset) {
    return static_cast<std::uint8_t>(
        (offset * 167 + offset / 251 + call * 13 + (isUpload ? 101 : 0)) & 0xff);
}

// One side of one call.
struct App {
    Plan* plan = nullptr;
    Handle handle = 0;
    bool isAsker = false;
    std::size_t written = 0;
    std::size_t readTotal = 0;
    std::size_t unconsumed = 0;
    bool finished = false;
    bool responded = false;
    bool stalled = false;
    bool pausedBeforeEnd = false;
    SteadyTime readAgainAt;
    SteadyTime respondAt;
    SteadyTime writeAgainAt;
};

enum class End : std::uint8_t { Open, Success, Failed, Cancelled, Crashed };

struct History {
    End end = End::Open;
    wire::Outcome outcome{};
    unsigned dispatched = 0;
    bool uploadSeenWhole = false;
    SteadyTime endedAt;
};

struct Node {
    std::size_t index = 0;
    std::uint64_t instance = 0;
    std::unique_ptr<stream::WindowPool> pool;
    std::unique_ptr<stream::Mux> mux;
    std::map<Handle, App> apps;
    std::uint64_t epoch = 1;
    bool isLinkUp = true;
    SteadyTime congestedUntil;
    std::array<SteadyTime, kNodes> lastArrival{};  // keeps each direction in order
};

// How long a call may take when only its own applications are slow: round trips for each small
// window, its pauses, and the time a node may be congested.
milliseconds longestOf(const Plan& plan) {
    const auto reads = plan.readPause * static_cast<int>(plan.download / plan.readChunk + 1);
    const auto roundTrips = 300ms * static_cast<int>(10 + (plan.upload + plan.download) / 1024);
    return plan.think + plan.stall + 4 * plan.writePause + reads + roundTrips + 1s;
}

class World {
  public:
    explicit World(const StreamSimOptions& options) : options_(options), dice_(options.seed) {}

    StreamSimReport run();

  private:
    struct Happening {
        SteadyTime at;
        std::uint64_t order = 0;
        std::function<void()> action;

        bool operator>(const Happening& other) const {
            return at != other.at ? at > other.at : order > other.order;
        }
    };

    void at(SteadyTime when, std::function<void()> action) {
        happenings_.push({when, ++order_, std::move(action)});
    }

    void violation(const std::string& what);
    void note(const std::string& what);

    void planCalls();
    Plan randomPlan(unsigned id);
    void planFaults();
    void startNode(Node& node);
    void crash(Node& node);
    void cut(Node& node, milliseconds duration);
    void startCall(Plan& plan);

    void pump(Node& node);
    void armTimer(Node& node);
    void send(Node& from, stream::Outgoing outgoing);
    void travel(Node& from,
                Node& to,
                std::uint64_t instance,
                std::uint64_t route,
                bool isOpen,
                Handle open,
                Bytes message);
    void arrive(Node& from,
                Node& to,
                std::uint64_t instance,
                std::uint64_t route,
                bool isOpen,
                const Bytes& message);
    void answerNoResponders(Node& from, Handle open);

    void stepApp(Node& node, App& app);
    void stepAsker(Node& node, App& app);
    void stepServer(Node& node, App& app);
    void writeSome(Node& node, App& app, std::size_t total, bool isUpload);
    void readSome(Node& node, App& app, bool isUpload, std::size_t total);
    void finishAsker(Node& node, App& app, End end, wire::Outcome outcome);
    void checkBounds(const Node& node);
    void checkEnd();

    Node& nodeOf(std::size_t index) { return nodes_[index]; }

    StreamSimOptions options_;
    Dice dice_;
    SteadyTime now_{1000s};
    std::uint64_t order_ = 0;
    std::uint64_t nextInstance_ = 0x1000;
    std::priority_queue<Happening, std::vector<Happening>, std::greater<>> happenings_;
    std::array<Node, kNodes> nodes_;
    std::vector<std::unique_ptr<Plan>> plans_;
    std::map<unsigned, History> histories_;
    std::uint64_t dropOneIn_ = 0;
    std::uint64_t duplicateOneIn_ = 0;
    std::uint64_t reorderOneIn_ = 0;
    bool isFaultTime_ = true;
    milliseconds baseDelay_{1};
    StreamSimReport report_;
    const SteadyTime begin_{1000s};
};

void World::violation(const std::string& what) {
    if (report_.violations.size() < 10) report_.violations.push_back(what);
    note("VIOLATION " + what);
}

void World::note(const std::string& what) {
    if (!options_.trace) return;
    const auto since = std::chrono::duration_cast<Micros>(now_ - begin_).count();
    report_.trace.push_back(std::to_string(since) + " us: " + what);
}

Plan World::randomPlan(unsigned id) {
    static constexpr std::array<std::size_t, 10> kSizes{
        0, 0, 1, 100, 256, 257, 1024, 3000, 9000, 30000};
    Plan plan;
    plan.id = id;
    plan.to = 1 + dice_.below(2);
    if (dice_.oneIn(6)) std::swap(plan.from, plan.to);  // a gateway may ask, too
    plan.start = begin_ + milliseconds(dice_.below(15000));
    plan.upload = kSizes[dice_.below(kSizes.size())];
    plan.download = kSizes[dice_.below(kSizes.size())];
    plan.isLengthKnown = !dice_.oneIn(3);
    if (dice_.oneIn(4)) plan.answer = static_cast<Answer>(dice_.below(5));
    if (dice_.oneIn(3)) plan.think = milliseconds(dice_.below(4000));
    if (dice_.oneIn(4)) {
        plan.readChunk = dice_.between(50, 700);
        plan.readPause = milliseconds(dice_.between(1, 40));
    }
    if (dice_.oneIn(8)) plan.stall = milliseconds(dice_.below(9000));
    if (dice_.oneIn(4)) plan.writePause = milliseconds(dice_.between(1, 1500));
    if (dice_.oneIn(7)) plan.cancelAt = plan.start + milliseconds(dice_.below(3000));
    if (options_.isBusPerfect) {
        plan.cancelAt.reset();
        if (plan.answer >= Answer::IgnoringUpload) plan.answer = Answer::AfterUpload;
    }
    return plan;
}

void World::planCalls() {
    const auto count = static_cast<unsigned>(dice_.between(3, 9));
    for (unsigned id = 1; id <= count; ++id)
        plans_.push_back(std::make_unique<Plan>(randomPlan(id)));
    for (std::size_t gateway = 1; gateway < kNodes; ++gateway) {
        Plan probe;
        probe.id = 100 + static_cast<unsigned>(gateway);
        probe.to = gateway;
        probe.start = begin_ + kProbeAt;
        probe.upload = 3000;
        probe.download = 3000;
        probe.isProbe = true;
        plans_.push_back(std::make_unique<Plan>(probe));
    }
    for (auto& plan : plans_) at(plan->start, [this, &plan] { startCall(*plan); });
}

void World::planFaults() {
    baseDelay_ = milliseconds(dice_.oneIn(3) ? dice_.between(20, 150) : dice_.between(0, 3));
    at(begin_ + kFaultsUntil, [this] { isFaultTime_ = false; });
    for (auto& node : nodes_) {
        if (!dice_.oneIn(4)) continue;
        const auto until = begin_ + milliseconds(dice_.below(15000));
        at(until - 800ms, [this, &node, until] {
            node.congestedUntil = until;
            at(until, [this, &node] { pump(node); });
        });
    }
    if (options_.isBusPerfect) return;
    // Each kind of fault is switched on for some histories only, so that quiet and wild ones both
    // occur.
    if (dice_.oneIn(3)) dropOneIn_ = dice_.between(5, 200);
    if (dice_.oneIn(3)) duplicateOneIn_ = dice_.between(3, 100);
    if (dice_.oneIn(4)) reorderOneIn_ = dice_.between(3, 100);
    for (auto& node : nodes_) {
        if (dice_.oneIn(4)) {
            const milliseconds duration(dice_.oneIn(2) ? dice_.below(1500) : dice_.below(20000));
            at(begin_ + milliseconds(dice_.below(18000)),
               [this, &node, duration] { cut(node, duration); });
        }
        if (dice_.oneIn(6))
            at(begin_ + milliseconds(dice_.below(18000)), [this, &node] { crash(node); });
    }
}

void World::startNode(Node& node) {
    node.instance = ++nextInstance_;
    node.apps.clear();
    node.mux.reset();
    node.pool = std::make_unique<stream::WindowPool>(100000);
    node.mux = std::make_unique<stream::Mux>(node.instance, smallLimits(), *node.pool);
    if (node.isLinkUp) node.mux->linkUp(++node.epoch, now_);
}

void World::crash(Node& node) {
    ++report_.crashes;
    note("crash of node " + std::to_string(node.index));
    for (auto& [handle, app] : node.apps) {
        auto& history = histories_[app.plan->id];
        if (app.isAsker && history.end == End::Open) history.end = End::Crashed;
    }
    startNode(node);
}

void World::cut(Node& node, milliseconds duration) {
    if (!node.isLinkUp) return;
    ++report_.cuts;
    note("cut of node " + std::to_string(node.index) + " for " + std::to_string(duration.count()) +
         " ms");
    node.isLinkUp = false;
    ++node.epoch;  // whatever is on its way to or from it is lost
    node.mux->linkDown();
    const auto healed = std::min(now_ + duration, begin_ + kFaultsUntil);
    at(std::max(healed, now_), [this, &node] {
        note("node " + std::to_string(node.index) + " is back");
        node.isLinkUp = true;
        node.mux->linkUp(++node.epoch, now_);
        pump(node);
    });
}

void World::startCall(Plan& plan) {
    auto& node = nodeOf(plan.from);
    ++report_.calls;
    wire::RequestHead head{.endpoint = wire::EndpointId::unchecked("ep_00000000000000000000000000"),
                           .requestId = wire::RequestId::unchecked("0000000000000000"),
                           .ttl = 30s,
                           .surface = {},
                           .method = "POST",
                           .target = "/" + std::to_string(plan.id),
                           .headers = {},
                           .framing = {}};
    if (!plan.isLengthKnown)
        head.framing.kind = wire::Framing::Kind::Chunked;
    else if (plan.upload > 0)
        head.framing = {wire::Framing::Kind::Length, plan.upload};
    const auto route = plan.from == 0 ? plan.to : 0;
    const auto handle = node.mux->open(route, std::move(head), now_);
    auto& history = histories_[plan.id];
    if (!handle) {
        history.end = End::Failed;
        history.outcome = wire::Outcome::NotDispatched;
        history.endedAt = now_;
        if (options_.isBusPerfect) violation("open failed: " + handle.error().message());
        return;
    }
    note("call " + std::to_string(plan.id) + " opens as " + std::to_string(*handle));
    App app;
    app.plan = &plan;
    app.handle = *handle;
    app.isAsker = true;
    app.writeAgainAt = now_ + plan.writePause;
    auto& stored = node.apps[*handle] = app;
    if (plan.cancelAt)
        at(std::max(*plan.cancelAt, now_), [this, &node, &plan, handle, instance = node.instance] {
            const auto found = node.apps.find(*handle);
            if (node.instance != instance || found == node.apps.end()) return;
            if (histories_[plan.id].end != End::Open) return;
            note("call " + std::to_string(plan.id) + " is cancelled");
            finishAsker(node, found->second, End::Cancelled, wire::Outcome::Unknown);
            pump(node);
        });
    stepApp(node, stored);
    pump(node);
}

void World::pump(Node& node) {
    for (bool isBusy = true; isBusy;) {
        isBusy = false;
        while (const auto handle = node.mux->nextAccepted()) {
            isBusy = true;
            const auto head = node.mux->takeRequest(*handle);
            const auto id = static_cast<unsigned>(std::stoul(head.target.substr(1)));
            App app;
            for (auto& plan : plans_)
                if (plan->id == id) app.plan = plan.get();
            app.handle = *handle;
            if (app.plan->to != node.index)
                violation("I9: call " + std::to_string(id) + " came to another node");
            if (app.plan->answer != Answer::Refuse) {
                const auto times = ++histories_[id].dispatched;
                if (times > 1)
                    violation("I1: call " + std::to_string(id) + " was dispatched twice");
            }
            note("call " + std::to_string(id) + " dispatched on node " +
                 std::to_string(node.index));
            app.respondAt = now_ + app.plan->think;
            stepApp(node, node.apps[*handle] = app);
        }
        while (const auto handle = node.mux->nextChanged()) {
            const auto found = node.apps.find(*handle);
            if (found == node.apps.end()) continue;
            isBusy = true;
            stepApp(node, found->second);
        }
        const auto lane =
            now_ < node.congestedUntil ? stream::Lane::ControlOnly : stream::Lane::All;
        while (auto outgoing = node.mux->poll(now_, lane)) {
            isBusy = true;
            send(node, std::move(*outgoing));
        }
    }
    checkBounds(node);
    armTimer(node);
}

void World::armTimer(Node& node) {
    const auto deadline = node.mux->nextDeadline();
    if (deadline == SteadyTime::max()) return;
    at(std::max(deadline, now_ + 1ms), [this, &node, instance = node.instance] {
        if (node.instance != instance || node.mux->nextDeadline() > now_) return;
        node.mux->tick(now_);
        pump(node);
    });
}

void World::send(Node& from, stream::Outgoing outgoing) {
    const bool isOpen = outgoing.open != 0;
    const auto target = from.index == 0 ? outgoing.peer.route : 0;
    auto& to = nodeOf(target);
    const auto routeThere = from.index == 0 ? 0 : from.index;
    if (isOpen && !to.isLinkUp) return answerNoResponders(from, outgoing.open);
    if (isFaultTime_ && dice_.oneIn(dropOneIn_)) {
        ++report_.dropped;
        note("a message is lost");
        return;
    }
    if (isFaultTime_ && dice_.oneIn(duplicateOneIn_)) {
        ++report_.duplicated;
        travel(
            from, to, outgoing.peer.instance, routeThere, isOpen, outgoing.open, outgoing.message);
    }
    travel(from,
           to,
           outgoing.peer.instance,
           routeThere,
           isOpen,
           outgoing.open,
           std::move(outgoing.message));
}

void World::answerNoResponders(Node& from, Handle open) {
    at(now_ + baseDelay_, [this, &from, open, instance = from.instance] {
        if (from.instance != instance) return;
        note("no responders for stream " + std::to_string(open));
        from.mux->notDispatched(open, "The gateway is offline.");
        pump(from);
    });
}

void World::travel(Node& from,
                   Node& to,
                   std::uint64_t instance,
                   std::uint64_t route,
                   bool isOpen,
                   Handle,
                   Bytes message) {
    auto arrival = now_ + baseDelay_ + Micros(dice_.below(500));
    if (isFaultTime_ && dice_.oneIn(reorderOneIn_)) {
        ++report_.reordered;
        arrival += milliseconds(dice_.below(400));
    } else {
        arrival = std::max(arrival, to.lastArrival[from.index]);
        to.lastArrival[from.index] = arrival;
    }
    // An OPEN never reaches a process that started after it was sent: what the bus does not deliver
    // at once it does not deliver at all. Duplicates across a restart are the journal's matter, not
    // the protocol's.
    const auto meant = isOpen ? to.instance : instance;
    at(arrival,
       [this,
        &from,
        &to,
        meant,
        route,
        isOpen,
        fromEpoch = from.epoch,
        toEpoch = to.epoch,
        message = std::move(message)] {
           if (from.epoch != fromEpoch || to.epoch != toEpoch) return;
           arrive(from, to, meant, route, isOpen, message);
       });
}

void World::arrive(
    Node&, Node& to, std::uint64_t instance, std::uint64_t route, bool, const Bytes& message) {
    if (to.instance != instance || !to.isLinkUp) return;
    if (const auto taken = to.mux->receive(route, message, now_); !taken)
        violation("a message of our own was refused: " + taken.error().message());
    pump(to);
}

void World::stepApp(Node& node, App& app) {
    const auto handle = app.handle;
    app.isAsker ? stepAsker(node, app) : stepServer(node, app);
    // Whoever waits for time rather than for the stream comes back by itself.
    const auto found = node.apps.find(handle);
    if (found == node.apps.end()) return;
    const auto& stillThere = found->second;
    for (const auto when : {stillThere.readAgainAt, stillThere.respondAt, stillThere.writeAgainAt})
        if (when > now_)
            at(when, [this, &node, handle, instance = node.instance] {
                const auto again = node.apps.find(handle);
                if (node.instance != instance || again == node.apps.end()) return;
                stepApp(node, again->second);
                pump(node);
            });
}

void World::writeSome(Node& node, App& app, std::size_t total, bool isUpload) {
    if (now_ < app.writeAgainAt) return;
    while (app.written < total) {
        const auto count =
            std::min({total - app.written, node.mux->view(app.handle).writable, std::size_t{700}});
        if (count == 0) return;
        Bytes bytes(count);
        for (std::size_t i = 0; i < count; ++i)
            bytes[i] = byteAt(app.plan->id, isUpload, app.written + i);
        app.written += node.mux->write(app.handle, bytes);
    }
    if (app.plan->writePause > 0ms && !std::exchange(app.pausedBeforeEnd, true)) {
        app.writeAgainAt = now_ + app.plan->writePause;
        return;
    }
    if (!app.finished) {
        app.finished = true;
        node.mux->finish(app.handle, now_);
    }
}

void World::readSome(Node& node, App& app, bool isUpload, std::size_t total) {
    if (now_ < app.readAgainAt) return;
    if (app.unconsumed > 0) node.mux->consumed(app.handle, std::exchange(app.unconsumed, 0));
    const bool isSlow = app.isAsker && app.plan->readPause > 0ms;
    Bytes buffer(isSlow ? app.plan->readChunk : 4096);
    for (;;) {
        const auto count = node.mux->read(app.handle, buffer);
        if (count == 0) return;
        for (std::size_t i = 0; i < count; ++i)
            if (buffer[i] != byteAt(app.plan->id, isUpload, app.readTotal + i))
                return violation("I3/I8/I9: call " + std::to_string(app.plan->id) +
                                 " got a wrong byte at " + std::to_string(app.readTotal + i));
        app.readTotal += count;
        if (app.readTotal > total)
            violation("I3: call " + std::to_string(app.plan->id) + " got too much");
        if (app.isAsker && app.plan->stall > 0ms && !app.stalled) {
            app.stalled = true;
            app.unconsumed = count;
            app.readAgainAt = now_ + app.plan->stall;
            return;
        }
        if (isSlow) {
            app.unconsumed = count;
            app.readAgainAt = now_ + app.plan->readPause;
            return;
        }
        node.mux->consumed(app.handle, count);
    }
}

void World::finishAsker(Node& node, App& app, End end, wire::Outcome outcome) {
    auto& history = histories_[app.plan->id];
    history.end = end;
    history.outcome = outcome;
    history.endedAt = now_;
    note("call " + std::to_string(app.plan->id) +
         " ends: " + std::to_string(static_cast<int>(end)) + " outcome " +
         std::to_string(static_cast<int>(outcome)));
    const auto handle = app.handle;
    node.apps.erase(handle);
    node.mux->release(handle);
}

void World::stepAsker(Node& node, App& app) {
    const auto& plan = *app.plan;
    auto view = node.mux->view(app.handle);
    if (view.failure != nullptr && !view.ended) {
        note("call " + std::to_string(plan.id) + " failed: " + view.failure->text);
        return finishAsker(node, app, End::Failed, view.failure->outcome);
    }
    if (view.failure == nullptr) writeSome(node, app, plan.upload, true);
    readSome(node, app, false, plan.download);
    view = node.mux->view(app.handle);
    if (!view.ended || view.readable > 0 || now_ < app.readAgainAt) return;
    if (view.responseHead == nullptr || view.responseHead->status != 200)
        violation("I3: call " + std::to_string(plan.id) + " ended without its head");
    if (app.readTotal != plan.download)
        violation("I3: call " + std::to_string(plan.id) + " succeeded with " +
                  std::to_string(app.readTotal) + " of " + std::to_string(plan.download) +
                  " bytes");
    const bool isUploadOver =
        view.endSent || view.failure != nullptr || plan.answer == Answer::IgnoringUpload;
    if (isUploadOver) finishAsker(node, app, End::Success, wire::Outcome::Complete);
}

void World::stepServer(Node& node, App& app) {
    const auto& plan = *app.plan;
    const auto handle = app.handle;
    auto& mux = *node.mux;
    const auto leave = [&] {
        node.apps.erase(handle);
        mux.release(handle);
    };
    if (mux.view(handle).failure != nullptr) return leave();
    if (plan.answer == Answer::Refuse) {
        mux.reset(handle, wire::ResetCode::Refused, wire::Outcome::NotDispatched, "not for you");
        return leave();
    }
    if (plan.answer != Answer::IgnoringUpload) readSome(node, app, true, plan.upload);
    auto view = mux.view(handle);
    if (view.ended && view.readable == 0) {
        if (plan.answer != Answer::IgnoringUpload && app.readTotal != plan.upload)
            violation("I3: the upload of call " + std::to_string(plan.id) + " was cut silently");
        histories_[plan.id].uploadSeenWhole = true;
    }
    const bool isUploadRead = view.ended && view.readable == 0;
    const bool mayAnswer = plan.answer != Answer::AfterUpload || isUploadRead;
    if (!app.responded && mayAnswer && now_ >= app.respondAt) {
        wire::ResponseHead head{.status = 200, .reason = {}, .headers = {}, .framing = {}};
        if (!plan.isLengthKnown)
            head.framing.kind = wire::Framing::Kind::Chunked;
        else if (plan.download > 0)
            head.framing = {wire::Framing::Kind::Length, plan.download};
        app.responded = mux.respond(handle, head, now_).has_value();
        if (!app.responded) violation("respond failed");
        app.writeAgainAt = now_ + plan.writePause;
    }
    if (!app.responded) return;
    if (plan.answer == Answer::Abort && app.written >= plan.download / 2) {
        mux.reset(handle,
                  wire::ResetCode::UpstreamFailed,
                  wire::Outcome::Unknown,
                  "the origin broke off");
        return leave();
    }
    writeSome(node, app, plan.download, false);
    view = mux.view(handle);
    const bool isDone =
        plan.answer == Answer::IgnoringUpload ? app.finished : view.endSent && isUploadRead;
    if (isDone) leave();
}

void World::checkBounds(const Node& node) {
    const auto limits = smallLimits();
    if (node.mux->liveStreams() > limits.streams) violation("I7: more streams than allowed");
    if (node.mux->knownPeers() > limits.peers) violation("I7: more peers than allowed");
    for (const auto& [handle, app] : node.apps)
        if (node.mux->view(handle).readable > limits.maxWindow)
            violation("I7: more buffered than a window");
}

void World::checkEnd() {
    for (auto& plan : plans_) {
        const auto& history = histories_[plan->id];
        const auto name = "call " + std::to_string(plan->id);
        switch (history.end) {
            case End::Open:
                violation("I4: " + name + " never ended");
                break;
            case End::Success:
                ++report_.succeeded;
                if (history.dispatched != 1)
                    violation("I2: " + name + " succeeded without a dispatch");
                if (plan->answer == Answer::AfterUpload && !history.uploadSeenWhole)
                    violation("I3: " + name + " succeeded, but its upload was not whole");
                break;
            case End::Failed:
                if (history.outcome == wire::Outcome::NotDispatched) {
                    ++report_.notDispatched;
                    if (history.dispatched != 0)
                        violation("I2: " + name + " was dispatched after all");
                } else {
                    ++report_.unknown;
                }
                break;
            case End::Cancelled:
                ++report_.cancelled;
                break;
            case End::Crashed:
                break;
        }
        if (options_.isBusPerfect && history.endedAt > plan->start + longestOf(*plan))
            violation("I6: " + name + " took longer than its own slowness explains");
        if (options_.isBusPerfect && history.end != End::Success)
            violation("perfect bus: " + name + " did not succeed");
        if (plan->isProbe &&
            (history.end != End::Success || history.endedAt > plan->start + kProbeLimit))
            violation("I10: no service after the faults: " + name);
    }
    for (auto& node : nodes_) {
        const auto name = std::to_string(node.index);
        if (node.mux->liveStreams() != 0)
            violation("I5: node " + name + " keeps " + std::to_string(node.mux->liveStreams()) +
                      " streams");
        if (!node.apps.empty()) violation("I5: node " + name + " keeps applications");
        if (node.pool->used() != 0) violation("I5: node " + name + " keeps window reservations");
        if (node.mux->nextDeadline() != SteadyTime::max())
            violation("I5: node " + name + " keeps a timer");
    }
}

StreamSimReport World::run() {
    for (std::size_t i = 0; i < kNodes; ++i) {
        nodes_[i].index = i;
        startNode(nodes_[i]);
    }
    planFaults();
    planCalls();
    std::size_t steps = 0;
    while (!happenings_.empty() && happenings_.top().at <= begin_ + kHorizon) {
        if (++steps > 200000) {
            violation("the world does not come to rest");
            return report_;
        }
        auto next = happenings_.top();
        happenings_.pop();
        now_ = next.at;
        next.action();
    }
    now_ = begin_ + kHorizon;
    for (auto& node : nodes_) {
        node.mux->tick(now_);
        pump(node);
    }
    checkEnd();
    return report_;
}

}  // namespace

StreamSimReport runStreamSim(const StreamSimOptions& options) { return World(options).run(); }

}  // namespace pcg::test
