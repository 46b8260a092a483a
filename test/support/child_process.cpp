// SPDX-License-Identifier: Apache-2.0
#include "test/support/child_process.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace pcg::test {
namespace {

struct Pipe {
    Pipe() {
        if (::pipe2(ends, O_CLOEXEC) != 0)
            throw std::system_error(errno, std::generic_category(), "pipe2");
    }

    int ends[2];
};

}  // namespace

ChildProcess::ChildProcess(const std::vector<std::string>& command, const std::string& input) {
    const Pipe in;
    const Pipe out;
    const Pipe err;
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    if (input.empty()) {
        ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    } else {
        ::posix_spawn_file_actions_adddup2(&actions, in.ends[0], 0);
    }
    ::posix_spawn_file_actions_adddup2(&actions, out.ends[1], 1);
    ::posix_spawn_file_actions_adddup2(&actions, err.ends[1], 2);
    std::vector<char*> arguments;
    for (const auto& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    const int failed =
        ::posix_spawn(&pid_, arguments[0], &actions, nullptr, arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    // The pipe holds 64 KiB, and what tests type is shorter.
    const bool typed =
        ::write(in.ends[1], input.data(), input.size()) == static_cast<ssize_t>(input.size());
    for (const int end : {in.ends[0], in.ends[1], out.ends[1], err.ends[1]}) ::close(end);
    pipes_[0] = out.ends[0];
    pipes_[1] = err.ends[0];
    if (failed != 0)
        throw std::system_error(failed, std::generic_category(), "starting " + command[0]);
    if (!typed) throw std::runtime_error("typing to " + command[0]);
}

ChildProcess::~ChildProcess() {
    if (pid_ > 0) {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    for (const int end : pipes_) {
        if (end >= 0) ::close(end);
    }
}

// False at the end of both streams.
bool ChildProcess::readSome(std::chrono::steady_clock::time_point deadline) {
    std::array<pollfd, 2> waits{pollfd{pipes_[0], POLLIN, 0}, pollfd{pipes_[1], POLLIN, 0}};
    if (pipes_[0] < 0 && pipes_[1] < 0) return false;
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0 ||
        ::poll(waits.data(), waits.size(), static_cast<int>(left.count())) == 0) {
        throw std::runtime_error("out of patience; it said:\n" + said_[0] + said_[1]);
    }
    for (std::size_t i = 0; i < waits.size(); ++i) {
        if (waits[i].revents == 0) continue;
        std::array<char, 4096> chunk{};
        const auto count = ::read(pipes_[i], chunk.data(), chunk.size());
        if (count > 0) {
            said_[i].append(chunk.data(), static_cast<std::size_t>(count));
        } else {
            ::close(std::exchange(pipes_[i], -1));
        }
    }
    return true;
}

void ChildProcess::expect(const std::string& text) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (said_[0].find(text) == std::string::npos && said_[1].find(text) == std::string::npos) {
        if (!readSome(deadline))
            throw std::runtime_error("it ended without \"" + text + "\":\n" + said_[0] + said_[1]);
    }
}

void ChildProcess::signal(int number) const { ::kill(pid_, number); }

int ChildProcess::wait() {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (readSome(deadline)) {
    }
    int status = 0;
    ::waitpid(std::exchange(pid_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

Finished run(const std::vector<std::string>& command, const std::string& input) {
    ChildProcess process(command, input);
    const int code = process.wait();
    return {code, process.out(), process.err()};
}

}  // namespace pcg::test
