// SPDX-License-Identifier: Apache-2.0
#include "appliance/tools/run_tool.h"

#include <array>
#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace pcg::appliance {
namespace {

using Deadline = std::chrono::steady_clock::time_point;

// Until the end, the bound, or the deadline; true at the end.
bool drain(int descriptor, Deadline deadline, ByteCount most, Bytes& bytes) {
    std::array<std::uint8_t, 4096> piece{};
    while (bytes.size() < most) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            deadline - std::chrono::steady_clock::now());
        pollfd waiting{descriptor, POLLIN, 0};
        if (left.count() <= 0 || ::poll(&waiting, 1, static_cast<int>(left.count())) <= 0)
            return false;
        const auto got = ::read(descriptor, piece.data(), piece.size());
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return got == 0;
        bytes.insert(bytes.end(), piece.begin(), piece.begin() + got);
    }
    return false;
}

}  // namespace

ToolRun runTool(std::vector<std::string> words, std::chrono::seconds limit, ByteCount most) {
    ToolRun run;
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return run;
    std::vector<char*> arguments;
    for (auto& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    pid_t child = -1;
    const int failed =
        ::posix_spawn(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
    if (failed == 0) {
        const auto deadline = std::chrono::steady_clock::now() + limit;
        const bool ended = drain(ends[0], deadline, most, run.output);
        if (!ended) ::kill(child, SIGKILL);
        int status = 0;
        while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
        }
        if (ended && WIFEXITED(status)) run.exitCode = WEXITSTATUS(status);
    }
    ::close(ends[0]);
    return run;
}

}  // namespace pcg::appliance
