// SPDX-License-Identifier: Apache-2.0
#include "test/support/link/nats_server.h"

#include "common/base/assert.h"
#include "common/base/text.h"

#include <chrono>
#include <csignal>
#include <string_view>
#include <thread>

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace pcg::test {
namespace {

constexpr const char* kBinaries[] = {
    "/usr/sbin/nats-server", "/usr/bin/nats-server", "/usr/local/bin/nats-server"};

const char* binary() {
    for (const char* path : kBinaries) {
        if (::access(path, X_OK) == 0) return path;
    }
    return nullptr;
}

// {"nats":["tls://127.0.0.1:41234"], "websocket":["wss://127.0.0.1:41235"], ...}
std::uint16_t portOf(const std::string& portsFile, std::string_view name) {
    constexpr std::string_view kHost = "127.0.0.1:";
    const auto at = portsFile.find(kHost, portsFile.find("\"" + std::string(name) + "\""));
    if (at == std::string::npos) return 0;
    const auto digits = std::string_view(portsFile).substr(at + kHost.size());
    const auto port = parseUnsigned(digits.substr(0, digits.find('"')));
    return port ? static_cast<std::uint16_t>(*port) : 0;
}

}  // namespace

bool NatsServer::available() { return binary() != nullptr; }

NatsServer::NatsServer(const Pem& identity, const std::string& extra, WebSocket webSocket)
    : webSocket_(webSocket) {
    directory_.write("server.pem", identity.certificate);
    directory_.write("server.key", identity.key);
    const std::string folder = directory_.path().string();
    config_ = "host: 127.0.0.1\nports_file_dir: \"" + folder + "\"\nlog_file: \"" + folder +
              "/nats.log\"\nmax_payload: 1MB\ntls { cert_file: \"" + folder +
              "/server.pem\", key_file: \"" + folder + "/server.key\" }\n" + extra + "\n";
    spawn();
}

NatsServer::NatsServer(InClear) : webSocket_(WebSocket::No) {
    config_ = "host: 127.0.0.1\nports_file_dir: \"" + directory_.path().string() +
              "\"\nmax_payload: 1MB\n";
    spawn();
}

NatsServer::~NatsServer() {
    if (pid_ > 0) kill();
}

void NatsServer::spawn() {
    const int port = port_ == 0 ? -1 : port_;
    std::string text = "port: " + std::to_string(port) + "\n" + config_;
    if (webSocket_ == WebSocket::Yes) {
        const auto folder = directory_.path().string();
        text += "websocket { host: 127.0.0.1, port: " +
                std::to_string(webSocketPort_ == 0 ? -1 : webSocketPort_) +
                ", tls { cert_file: \"" + folder + "/server.pem\", key_file: \"" + folder +
                "/server.key\" } }\n";
    }
    const std::string config = directory_.write("nats.conf", text).string();
    const char* program = binary();
    PCG_ASSERT(program != nullptr);
    const pid_t parent = ::getpid();
    pid_ = ::fork();
    PCG_ASSERT(pid_ >= 0);
    if (pid_ == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::getppid() != parent) ::_exit(1);
        // A connection of the test that the child also holds cannot be closed or reset.
        ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
        ::execl(program, program, "-c", config.c_str(), static_cast<char*>(nullptr));
        ::_exit(127);
    }
    waitUntilListening();
}

void NatsServer::waitUntilListening() {
    const auto file = directory_ / ("nats-server_" + std::to_string(pid_) + ".ports");
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (std::chrono::steady_clock::now() < end) {
        if (std::filesystem::exists(file)) {
            const auto ports = readFile(file);
            const auto port = portOf(ports, "nats");
            const auto webSocket =
                webSocket_ == WebSocket::Yes ? portOf(ports, "websocket") : std::uint16_t{1};
            if (port != 0 && webSocket != 0) {
                port_ = port;
                webSocketPort_ = webSocket;
                return;
            }
        }
        PCG_ASSERT(::waitpid(pid_, nullptr, WNOHANG) == 0);
        std::this_thread::sleep_for(
            std::chrono::milliseconds(2));  // the server has no better way to tell
    }
    PCG_ASSERT(!"nats-server did not listen within 30 s");
}

void NatsServer::kill() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
}

void NatsServer::restart() { spawn(); }

void NatsServer::pause() { ::kill(pid_, SIGSTOP); }

void NatsServer::unpause() { ::kill(pid_, SIGCONT); }

}  // namespace pcg::test
