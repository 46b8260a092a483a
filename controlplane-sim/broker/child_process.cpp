// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/broker/child_process.h"

#include "common/base/text.h"
#include "controlplane-sim/broker/errc.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace pcg::controlplane::broker {
namespace {

using Clock = std::chrono::steady_clock;

struct Pipe {
    int read = -1;
    int write = -1;

    ~Pipe() {
        closeEnd(read);
        closeEnd(write);
    }

    static void closeEnd(int& descriptor) {
        if (descriptor >= 0) ::close(descriptor);
        descriptor = -1;
    }

    bool open() {
        int ends[2] = {-1, -1};
        if (::pipe2(ends, O_CLOEXEC) != 0) return false;
        read = ends[0];
        write = ends[1];
        return true;
    }
};

// Between fork and exec only what signal-safety(7) allows.
[[noreturn]] void becomeChild(const char* executable,
                              char* const* arguments,
                              pid_t parent,
                              int output,
                              int failure,
                              int landlockRuleset) {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);  // it died before prctl took hold
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::signal(SIGPIPE, SIG_DFL);
    const int null = ::open("/dev/null", O_RDONLY);
    ::dup2(null, STDIN_FILENO);
    ::dup2(output, STDOUT_FILENO);
    ::dup2(output, STDERR_FILENO);
    ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
    const bool isConfined =
        landlockRuleset < 0 || (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
                                ::syscall(SYS_landlock_restrict_self, landlockRuleset, 0) == 0);
    if (isConfined) ::execv(executable, arguments);
    const int error = errno;
    static_cast<void>(!::write(failure, &error, sizeof error));
    ::_exit(127);
}

std::string describe(int status) {
    if (WIFEXITED(status)) return "exited with status " + std::to_string(WEXITSTATUS(status));
    if (WIFSIGNALED(status)) return "was ended by signal " + std::to_string(WTERMSIG(status));
    return "ended";
}

bool isExecutable(const std::filesystem::path& file) {
    std::error_code ignored;
    return std::filesystem::is_regular_file(file, ignored) && ::access(file.c_str(), X_OK) == 0;
}

}  // namespace

Result<ChildProcess> ChildProcess::start(const std::filesystem::path& executable,
                                         const std::vector<std::string>& arguments,
                                         int landlockRuleset) {
    Pipe output;
    Pipe failure;
    if (!output.open() || !failure.open()) {
        return fail(kStart, std::string("No pipe to the broker: ") + std::strerror(errno) + ".");
    }
    const std::string program = executable.string();
    std::vector<char*> words{const_cast<char*>(program.c_str())};
    for (const auto& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
    words.push_back(nullptr);
    const pid_t parent = ::getpid();
    const pid_t pid = ::fork();
    if (pid < 0)
        return fail(kStart,
                    std::string("No process for the broker: ") + std::strerror(errno) + ".");
    if (pid == 0) {
        becomeChild(
            program.c_str(), words.data(), parent, output.write, failure.write, landlockRuleset);
    }
    Pipe::closeEnd(output.write);
    Pipe::closeEnd(failure.write);
    ChildProcess child(pid, std::exchange(output.read, -1));
    int error = 0;
    if (::read(failure.read, &error, sizeof error) > 0) {
        return fail(kStart,
                    "\"" + program + "\" cannot be executed: " + std::strerror(error) + ".");
    }
    ::fcntl(child.output_, F_SETFL, O_NONBLOCK);
    return child;
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      output_(std::exchange(other.output_, -1)),
      status_(other.status_) {}

ChildProcess::~ChildProcess() {
    if (pid_ > 0) {
        ::kill(pid_, SIGKILL);
        while (::waitpid(pid_, &status_, 0) < 0 && errno == EINTR) {
        }
    }
    if (output_ >= 0) ::close(output_);
}

bool ChildProcess::exitedWithin(std::chrono::milliseconds limit) {
    const auto deadline = Clock::now() + limit;
    while (pid_ > 0) {
        const auto got = ::waitpid(pid_, &status_, WNOHANG);
        if (got == pid_ || (got < 0 && errno == ECHILD)) {
            pid_ = -1;
            break;
        }
        if (Clock::now() >= deadline) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return true;
}

void ChildProcess::terminate(std::chrono::milliseconds limit) {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGTERM);
    if (exitedWithin(limit)) return;
    ::kill(pid_, SIGKILL);
    exitedWithin(std::chrono::seconds(10));
}

std::string ChildProcess::reap(std::chrono::milliseconds limit) {
    if (!exitedWithin(limit)) terminate(std::chrono::milliseconds(0));
    return describe(status_);
}

Result<std::filesystem::path> findNatsServer() {
    const char* path = std::getenv("PATH");
    std::string directories = path != nullptr ? path : "";
    directories += ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin";
    for (const auto directory : split(directories, ':')) {
        if (directory.empty()) continue;
        auto file = std::filesystem::path(directory) / "nats-server";
        if (isExecutable(file)) return file;
    }
    return fail(
        kNotInstalled,
        "nats-server was not found. Install it (apt-get install nats-server) or name it with "
        "--nats-server PATH.");
}

}  // namespace pcg::controlplane::broker
