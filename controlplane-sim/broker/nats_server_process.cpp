// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/broker/nats_server_process.h"

#include "common/base/backoff.h"
#include "common/base/synchronized.h"
#include "common/log/log.h"
#include "controlplane-sim/broker/bounded_log.h"
#include "controlplane-sim/broker/child_process.h"
#include "controlplane-sim/broker/errc.h"
#include "controlplane-sim/broker/event_fd.h"
#include "controlplane-sim/broker/ports_file.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <thread>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace pcg::controlplane::broker {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr ByteCount kLogCap = 4_MiB;
constexpr milliseconds kPoll{20};
// A broker that lived so long was well; the next back-off starts anew.
constexpr std::chrono::seconds kStableAfter{30};

constexpr log::Logger kLog("broker");

// True once the port greets as a NATS server does, which is after it can serve.
bool greets(const std::string& host, std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    // A wildcard address is reached over loopback.
    if (::inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1 ||
        address.sin_addr.s_addr == 0) {
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    }
    const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return false;
    bool greeted = false;
    if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
        pollfd readable{descriptor, POLLIN, 0};
        std::array<char, 5> text{};
        greeted = ::poll(&readable, 1, 2000) > 0 &&
                  ::recv(descriptor, text.data(), text.size(), MSG_WAITALL) == 5 &&
                  std::string_view(text.data(), text.size()) == "INFO ";
    }
    ::close(descriptor);
    return greeted;
}

Result<> makeDirectories(const std::filesystem::path& directory) {
    std::error_code error;
    std::filesystem::create_directories(directory / "ports", error);
    if (!error) std::filesystem::permissions(directory, std::filesystem::perms::owner_all, error);
    if (!error) return {};
    return fail(kFile,
                "The broker's directory \"" + directory.string() +
                    "\" cannot be used: " + error.message() + ".");
}

}  // namespace

// Everything below the public methods runs on the one thread.
class NatsServerProcess::Supervisor {
  public:
    Supervisor(Options options, Observer observer, Random& random)
        : options_(std::move(options)),
          observer_(std::move(observer)),
          backoff_(options_.backoffBase, options_.backoffCap, random),
          log_(options_.directory / "nats-server.log", kLogCap) {}

    ~Supervisor() { stop(); }

    Supervisor(const Supervisor&) = delete;
    Supervisor& operator=(const Supervisor&) = delete;

    Result<> prepare() {
        if (const auto remembered = recallPorts(portsMemory()); remembered.client != 0) {
            options_.settings.ports = remembered;
        }
        return writeConfig();
    }

    void launch() {
        thread_ = std::jthread([this] { run(); });
    }

    void stop() {
        stopping_.set();
        if (thread_.joinable()) thread_.join();
    }

    std::optional<RunningBroker> running() const {
        return state_.withLock([](const State& state) { return state.running; });
    }

    Result<RunningBroker> waitReady(milliseconds limit) const {
        becameReady_.waitFor(limit);
        return state_.withLock([](const State& state) -> Result<RunningBroker> {
            if (state.running) return *state.running;
            return fail(kStart,
                        "The broker did not come up: " +
                            (state.why.empty() ? "it is slow" : state.why) + ".");
        });
    }

  private:
    struct State {
        std::optional<RunningBroker> running;
        std::string why;
    };

    std::filesystem::path configFile() const { return options_.directory / "nats-server.conf"; }

    std::filesystem::path portsDirectory() const { return options_.directory / "ports"; }

    std::filesystem::path portsMemory() const { return options_.directory / "ports.json"; }

    Result<> writeConfig() {
        const auto text = PCG_TRY(makeBrokerConfig(options_.settings));
        return writePrivateFile(configFile(), text);
    }

    void run() {
        while (!stopping_.isSet()) {
            const auto started = Clock::now();
            const auto why = runOnce();
            if (stopping_.isSet()) return;
            reportDown(why);
            if (Clock::now() - started > kStableAfter) backoff_.reset();
            stopping_.waitFor(std::max(backoff_.next(), kPoll));
        }
    }

    // Until the broker is gone or we stop; the reason in words.
    std::string runOnce() {
        clearPortsDirectory();
        log_.forgetRemarkable();
        auto child = ChildProcess::start(
            options_.executable,
            {"--config", configFile().string(), "--ports_file_dir", portsDirectory().string()});
        if (!child) return child.error().message();
        bool gone = false;
        if (awaitReady(*child, gone)) {
            while (!gone && !stopping_.isSet()) gone = pump(*child, milliseconds(60'000));
        }
        if (!gone) {
            child->terminate(options_.stopLimit);
            pump(*child, milliseconds(0));
            return "it did not get ready in time";
        }
        auto why = "nats-server " + child->reap(options_.stopLimit);
        if (!log_.remarkable().empty()) why += ": " + log_.remarkable();
        return why;
    }

    bool awaitReady(ChildProcess& child, bool& gone) {
        const auto deadline = Clock::now() + options_.startLimit;
        while (!gone && !stopping_.isSet() && Clock::now() < deadline) {
            gone = pump(child, kPoll);
            const auto ports = findPortsFile(portsDirectory());
            if (gone || !ports || !greets(options_.settings.host, ports->client)) continue;
            reportReady({*ports, child.pid()});
            return true;
        }
        return false;
    }

    // Moves what the child wrote to the log; true when it is gone.
    bool pump(ChildProcess& child, milliseconds limit) {
        std::array<pollfd, 2> wanted{
            {{child.outputDescriptor(), POLLIN, 0}, {stopping_.descriptor(), POLLIN, 0}}};
        if (::poll(wanted.data(), wanted.size(), static_cast<int>(limit.count())) <= 0)
            return false;
        if (wanted[0].revents == 0) return false;
        std::array<char, 8192> text{};
        const auto count = ::read(child.outputDescriptor(), text.data(), text.size());
        if (count > 0) log_.write({text.data(), static_cast<std::size_t>(count)});
        return count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR);
    }

    void reportReady(const RunningBroker& broker) {
        if (!(options_.settings.ports == broker.ports)) {
            options_.settings.ports = broker.ports;
            // From now on these are the ports, also for a broker that is started again.
            auto kept = rememberPorts(portsMemory(), broker.ports);
            if (kept) kept = writeConfig();
            if (!kept) kLog.failure(log::Level::Error, "broker.ports_not_kept", kept.error());
        }
        state_.withLock([&](State& state) { state = {broker, {}}; });
        becameReady_.set();
        kLog.info("broker.ready",
                  {{"pid", broker.pid},
                   {"port", broker.ports.client},
                   {"monitor_port", broker.ports.monitor}});
        if (observer_.onReady) observer_.onReady(broker);
    }

    void reportDown(const std::string& why) {
        state_.withLock([&](State& state) { state = {std::nullopt, why}; });
        kLog.error("broker.down", {{"why", why}});
        if (observer_.onDown) observer_.onDown(why);
    }

    void clearPortsDirectory() {
        std::error_code ignored;
        for (const auto& entry : std::filesystem::directory_iterator(portsDirectory(), ignored)) {
            std::error_code alsoIgnored;
            std::filesystem::remove(entry.path(), alsoIgnored);
        }
    }

    Options options_;
    Observer observer_;
    Backoff backoff_;
    BoundedLog log_;
    EventFd stopping_;
    EventFd becameReady_;
    Synchronized<State> state_;
    std::jthread thread_;
};

NatsServerProcess::NatsServerProcess(std::unique_ptr<Supervisor> supervisor)
    : supervisor_(std::move(supervisor)) {}

NatsServerProcess::~NatsServerProcess() = default;

Result<std::unique_ptr<NatsServerProcess>> NatsServerProcess::start(Options options,
                                                                    Observer observer,
                                                                    Random& random) {
    PCG_TRY(makeDirectories(options.directory));
    auto supervisor = std::make_unique<Supervisor>(std::move(options), std::move(observer), random);
    PCG_TRY(supervisor->prepare());
    supervisor->launch();
    return std::unique_ptr<NatsServerProcess>(new NatsServerProcess(std::move(supervisor)));
}

Result<RunningBroker> NatsServerProcess::waitReady(milliseconds limit) {
    return supervisor_->waitReady(limit);
}

std::optional<RunningBroker> NatsServerProcess::running() const { return supervisor_->running(); }

void NatsServerProcess::stop() { supervisor_->stop(); }

}  // namespace pcg::controlplane::broker
