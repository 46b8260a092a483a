// SPDX-License-Identifier: Apache-2.0
// What the two applications of each call do, and what must hold for them.
#include "test/sims/stream_sim_world.h"

#include <algorithm>

namespace pcg::test::sim {

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

}  // namespace pcg::test::sim
