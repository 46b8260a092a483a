// SPDX-License-Identifier: Apache-2.0
// Plans, nodes, links and faults: what happens between the applications.
#include "test/sims/stream_sim_world.h"

#include <algorithm>

namespace pcg::test::sim {

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
    // at once it does not deliver at all (docs/protocol/frames.md, at most one dispatch).
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

}  // namespace pcg::test::sim

namespace pcg::test {

StreamSimReport runStreamSim(const StreamSimOptions& options) { return sim::World(options).run(); }

}  // namespace pcg::test
