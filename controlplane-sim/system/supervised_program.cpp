// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/system/supervised_program.h"

#include "common/base/backoff.h"
#include "common/log/log.h"
#include "controlplane-sim/broker/bounded_log.h"
#include "controlplane-sim/broker/child_process.h"
#include "controlplane-sim/broker/event_fd.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <thread>

#include <pthread.h>

namespace pcg::controlplane {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr ByteCount kLogCap = 4_MiB;
constexpr log::Logger kLog{"system-gateways"};
// One that lived so long was well; the next back-off starts anew.
constexpr std::chrono::seconds kStableAfter{30};

}  // namespace

// Everything below end() runs on the one thread.
class SupervisedProgram::Supervisor {
  public:
    Supervisor(Options options, Observer observer, Random& random)
        : options_(std::move(options)),
          observer_(std::move(observer)),
          backoff_(options_.backoffBase, options_.backoffCap, random),
          thread_([this] { run(); }) {}

    ~Supervisor() {
        end(Ending::Keep);
        thread_.join();
    }

    Supervisor(const Supervisor&) = delete;
    Supervisor& operator=(const Supervisor&) = delete;

    void end(Ending how) {
        int nothing = kGoesOn;
        const int wanted = how == Ending::Wipe ? kWipe : kKeep;
        if (ending_.compare_exchange_strong(nothing, wanted)) stopping_.set();
    }

  private:
    static constexpr int kGoesOn = 0;
    static constexpr int kKeep = 1;
    static constexpr int kWipe = 2;

    void run() {
        ::pthread_setname_np(::pthread_self(), "system-gateway");
        while (!stopping_.isSet()) {
            const auto started = Clock::now();
            const auto why = runOnce();
            if (stopping_.isSet()) break;
            observer_.onDown(why);
            if (Clock::now() - started > kStableAfter) backoff_.reset();
            stopping_.waitFor(backoff_.next());
        }
        Result<> wiped;
        if (ending_ == kWipe) wiped = options_.wipe();
        observer_.onEnded(std::move(wiped));
    }

    // Until it is gone or we end it; the reason in words.
    std::string runOnce() {
        if (const auto prepared = options_.prepare(); !prepared) return prepared.error().message();
        auto child = start();
        if (!child) return child.error().message();
        broker::BoundedLog log(options_.log, kLogCap);
        observer_.onStarted(child->pid());
        bool isGone = false;
        while (!isGone && !stopping_.isSet()) isGone = pump(*child, log);
        if (!isGone) {
            const auto patience = ending_ == kWipe ? milliseconds(0) : options_.stopLimit;
            child->terminate(patience);
            return "it was ended";
        }
        auto why = "It " + child->reap(options_.stopLimit);
        if (!log.remarkable().empty()) why += ": " + log.remarkable();
        return why;
    }

    Result<broker::ChildProcess> start() {
        if (!options_.confinedTo)
            return broker::ChildProcess::start(options_.executable, options_.arguments);
        const auto confinement = PCG_TRY(Confinement::around(*options_.confinedTo));
        if (!confinement.isInForce()) kLog.warn("system_gateway.not_confined");
        return broker::ChildProcess::start(
            options_.executable, options_.arguments, confinement.ruleset());
    }

    // Moves what the child wrote to its log; true when it is gone.
    bool pump(broker::ChildProcess& child, broker::BoundedLog& log) {
        std::array<pollfd, 2> wanted{
            {{child.outputDescriptor(), POLLIN, 0}, {stopping_.descriptor(), POLLIN, 0}}};
        if (::poll(wanted.data(), wanted.size(), 60'000) <= 0 || wanted[0].revents == 0)
            return false;
        std::array<char, 8192> text{};
        const auto count = ::read(child.outputDescriptor(), text.data(), text.size());
        if (count > 0) log.write({text.data(), static_cast<std::size_t>(count)});
        return count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR);
    }

    Options options_;
    Observer observer_;
    Backoff backoff_;
    broker::EventFd stopping_;
    std::atomic<int> ending_{kGoesOn};
    std::thread thread_;  // last: it uses all of the above
};

SupervisedProgram::SupervisedProgram(Options options, Observer observer, Random& random)
    : supervisor_(std::make_unique<Supervisor>(std::move(options), std::move(observer), random)) {}

SupervisedProgram::~SupervisedProgram() = default;

void SupervisedProgram::end(Ending how) { supervisor_->end(how); }

}  // namespace pcg::controlplane
