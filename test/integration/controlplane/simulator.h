// SPDX-License-Identifier: Apache-2.0
// The real pcg-controlplane-sim as a child process, and calls to its API. For tests; blocks.
#pragma once

#include "common/codec/json.h"
#include "common/http/client.h"
#include "common/net/dialer.h"
#include "test/support/temp_dir.h"
#include "test/unit/http/loop_thread.h"

#include <csignal>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/inotify.h>
#include <sys/wait.h>

extern char** environ;

namespace pcg::test {

struct ApiAnswer {
    int status = 0;
    std::string body;

    // A member of an object in the body: text("tenant", "id").
    std::string text(std::string_view object, std::string_view member) const {
        const auto parsed = codec::json::parseObject(body);
        const auto* inner = parsed ? parsed->object(object).value_or(nullptr) : nullptr;
        return inner == nullptr ? std::string() : inner->string(member, 1024).value_or("");
    }

    std::string text(std::string_view member) const {
        const auto parsed = codec::json::parseObject(body);
        return parsed ? parsed->string(member, 4096).value_or("") : std::string();
    }
};

inline net::Task<ApiAnswer> askApi(http::Client& client, http::RequestHead head, std::string body) {
    const BytesView octets = asBytes(body);
    const auto answer = co_await http::callWhole(client, std::move(head), octets, 1_MiB);
    if (!answer) co_return ApiAnswer{0, answer.error().message()};
    co_return ApiAnswer{answer->head.status, std::string(asText(answer->body))};
}

class Simulator {
  public:
    explicit Simulator(std::filesystem::path directory) : directory_(std::move(directory)) {}

    ~Simulator() {
        if (pid_ > 0) kill(SIGKILL);
        loop_.call([&] { client_.reset(); });
    }

    Simulator(const Simulator&) = delete;
    Simulator& operator=(const Simulator&) = delete;

    // Until ready.json is there; false if the program ended before.
    bool start() {
        std::filesystem::create_directories(directory_);
        const int watch = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
        ::inotify_add_watch(watch, directory_.c_str(), IN_MOVED_TO | IN_CREATE | IN_CLOSE_WRITE);
        spawn();
        const bool ready = awaitReady(watch);
        ::close(watch);
        if (ready) connect();
        return ready;
    }

    // The exit code, or minus the signal.
    int kill(int signal) {
        ::kill(pid_, signal);
        return wait();
    }

    int wait() {
        int status = 0;
        ::waitpid(std::exchange(pid_, -1), &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    }

    ApiAnswer ask(const std::string& method,
                  const std::string& path,
                  const std::string& token,
                  const std::string& body = {}) {
        http::HeaderList headers{{"Authorization", "Bearer " + token}};
        if (!body.empty()) headers.add("Content-Type", "application/json");
        return loop_.await(askApi(*client_, {method, path, std::move(headers), {}}, body));
    }

    std::string ready(std::string_view member) const {
        return ApiAnswer{0, readyText_}.text(member);
    }

    int natsPid() const { return number("nats_pid"); }

    std::string operatorToken() const {
        auto token = readFile(directory_ / "operator-token");
        while (!token.empty() && token.back() == '\n') token.pop_back();
        return token;
    }

    std::string log() const { return readFile(directory_.string() + ".log"); }

  private:
    int number(std::string_view member) const {
        const auto parsed = codec::json::parseObject(readyText_);
        return parsed ? static_cast<int>(parsed->integer(member).value_or(0)) : 0;
    }

    void spawn() {
        const std::string program = PCG_BINARY_DIR "/bin/pcg-controlplane-sim";
        const std::string log = directory_.string() + ".log";
        std::vector<std::string> words{program, "--state-dir", directory_.string()};
        std::vector<char*> arguments;
        for (auto& word : words) arguments.push_back(word.data());
        arguments.push_back(nullptr);
        posix_spawn_file_actions_t actions;
        ::posix_spawn_file_actions_init(&actions);
        ::posix_spawn_file_actions_addopen(
            &actions, 2, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
        if (::posix_spawn(&pid_, program.c_str(), &actions, nullptr, arguments.data(), environ) !=
            0)
            throw std::runtime_error("cannot start " + program);
        ::posix_spawn_file_actions_destroy(&actions);
    }

    bool awaitReady(int watch) {
        const auto file = directory_ / "ready.json";
        for (int turn = 0; turn < 300; ++turn) {
            // One that was killed leaves its file behind: only our own counts.
            if (std::filesystem::exists(file)) readyText_ = readFile(file);
            if (number("pid") == pid_) return true;
            if (::waitpid(pid_, &earlyStatus_, WNOHANG) == pid_) {
                pid_ = -1;
                return false;
            }
            pollfd waiting{watch, POLLIN, 0};
            ::poll(&waiting, 1, 100);
            char events[4096];
            while (::read(watch, events, sizeof events) > 0) {
            }
        }
        return false;
    }

    void connect() {
        auto context = net::TlsClientContext::create(net::TrustCa{readFile(ready("ca"))});
        const auto target = net::targetOfUrl(ready("url"), 443);
        if (!context || !target) throw std::runtime_error("ready.json cannot be used");
        auto dialer = std::make_shared<net::Dialer>(std::move(*context));
        http::ClientOptions options;
        options.authority = target->text();
        loop_.call([&] {
            client_ = std::make_unique<http::Client>(
                loop_.loop(), http::tlsOpener(dialer, target->host, target->port), options);
        });
    }

    std::filesystem::path directory_;
    http::test::LoopThread loop_;
    std::unique_ptr<http::Client> client_;
    std::string readyText_;
    pid_t pid_ = -1;
    int earlyStatus_ = 0;
};

}  // namespace pcg::test
