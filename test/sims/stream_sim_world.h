// SPDX-License-Identifier: Apache-2.0
// The world of the stream simulation: an ingress, two gateways, a bus between them, the calls and
// what goes wrong. Internal to test/sims.
#pragma once

#include "common/stream/mux.h"
#include "test/sims/stream_sim.h"

#include <array>
#include <functional>
#include <map>
#include <optional>
#include <queue>

namespace pcg::test::sim {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using stream::Handle;
using Micros = std::chrono::microseconds;

inline constexpr auto kFaultsUntil = 20s;  // faults happen before this
inline constexpr auto kHorizon = 75s;      // by then everything must be over
inline constexpr auto kProbeAt = 36s;      // 15 s after the last possible cut has healed
inline constexpr auto kProbeLimit = 15s;
inline constexpr std::size_t kNodes = 3;  // 0 the ingress, 1 and 2 the gateways

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

inline stream::Limits smallLimits() {
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

inline std::uint8_t byteAt(unsigned call, bool isUpload, std::size_t offset) {
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
inline milliseconds longestOf(const Plan& plan) {
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

}  // namespace pcg::test::sim
