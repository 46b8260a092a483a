// SPDX-License-Identifier: Apache-2.0
// Kills the program that it is linked into at a chosen point of its work, as kill -9 would: before,
// inside and after every write that shall be durable, and before and after every message of HTTP
// over TLS.
//
// It stands between the program and the C library (and OpenSSL) by the names of their functions, so
// the program's own code knows nothing of it. Linked into test programs only (test/support/crash);
// the shipped ones hold no such switch.
//
// The environment's PCG_CRASH_CONTROL names a file "ROUND POINT [PID | full]". Points are counted
// from 1 whenever ROUND differs from the one before; at POINT the process PID (without it: this
// one) gets SIGKILL. With "full" nobody dies: from POINT on the disk is full for what is to be
// durable, until the file is gone. Each point is noted in the file's neighbour ".trace" before
// that. No file, or ROUND 0: nothing is counted.
#include <openssl/ssl.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

namespace {

template <class Function>
Function next(const char* name) {
    return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

using Write = ssize_t (*)(int, const void*, std::size_t);
using PWrite = ssize_t (*)(int, const void*, std::size_t, off64_t);
using Sync = int (*)(int);
using Send = ssize_t (*)(int, const void*, std::size_t, int);
using SendMessage = ssize_t (*)(int, const msghdr*, int);
using TlsWrite = int (*)(SSL*, const void*, int);
using TlsRead = int (*)(SSL*, void*, int);

// Found at the first call; the loader is ready long before anything here is called with a round to
// count.
#define PCG_NEXT(type, name) static const auto real = next<type>(name)

struct Plan {
    long round = 0;
    long point = 0;
    long victim = 0;
    bool diskFills = false;
};

class Points {
  public:
    void reach(const char* kind, std::string_view detail) {
        const std::lock_guard lock(mutex_);
        const auto plan = readPlan();
        if (plan.round == 0) return;
        if (plan.round != round_) {
            round_ = plan.round;
            count_ = 0;
        }
        ++count_;
        note(kind, detail);
        if (count_ != plan.point || plan.diskFills) return;
        const auto victim = plan.victim > 0 ? static_cast<pid_t>(plan.victim) : ::getpid();
        ::kill(victim, SIGKILL);
        // SIGKILL to ourselves may take until the next return from the kernel.
        while (victim == ::getpid()) ::pause();
    }

    bool isDiskFull() {
        const std::lock_guard lock(mutex_);
        const auto plan = readPlan();
        return plan.diskFills && plan.round == round_ && plan.point > 0 && count_ >= plan.point;
    }

    bool armed() { return control() != nullptr; }

  private:
    static const char* control() {
        static const char* const path = std::getenv("PCG_CRASH_CONTROL");
        return path;
    }

    static Plan readPlan() {
        Plan plan;
        if (control() == nullptr) return plan;
        const int fd = ::open(control(), O_RDONLY | O_CLOEXEC);
        if (fd < 0) return plan;
        std::array<char, 96> text{};
        const auto size = ::read(fd, text.data(), text.size() - 1);
        ::close(fd);
        if (size <= 0) return plan;
        char* at = text.data();
        plan.round = std::strtol(at, &at, 10);
        plan.point = std::strtol(at, &at, 10);
        plan.diskFills = std::strstr(at, "full") != nullptr;
        plan.victim = std::strtol(at, &at, 10);
        return plan;
    }

    void note(const char* kind, std::string_view detail) const {
        PCG_NEXT(Write, "write");
        const auto line = std::to_string(round_) + " " + std::to_string(count_) + " " + kind + " " +
                          std::string(detail) + "\n";
        const int fd = ::open((std::string(control()) + ".trace").c_str(),
                              O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
                              0600);
        if (fd < 0) return;
        [[maybe_unused]] const auto written = real(fd, line.data(), line.size());
        ::close(fd);
    }

    std::mutex mutex_;
    long round_ = 0;
    long count_ = 0;
};

Points& points() {
    static Points instance;
    return instance;
}

// What a file is to the program; empty for what is not in a state directory.
std::string fileOf(int fd) {
    if (!points().armed()) return {};
    std::array<char, 512> path{};
    const auto link = "/proc/self/fd/" + std::to_string(fd);
    const auto size = ::readlink(link.c_str(), path.data(), path.size() - 1);
    if (size <= 0) return {};
    const std::string_view whole(path.data(), static_cast<std::size_t>(size));
    return std::string(whole.substr(whole.rfind('/') + 1));
}

bool isLog(const std::string& file) { return file.ends_with("-wal"); }

// Where the write-ahead log's transaction is: nothing written, its first frame's header, more.
std::atomic<int> walWrites{0};

// SQLite writes a frame's header, then its page, and so on; then it syncs. A kill before the first
// leaves nothing of the transaction, one after the first a torn log. False: there is no room.
bool mayWriteWal(const std::string& file) {
    const auto written = walWrites.fetch_add(1);
    if (written == 0) points().reach("store.before", file);
    if (written == 1) points().reach("store.torn", file);
    if (!points().isDiskFull()) return true;
    walWrites = 0;
    errno = ENOSPC;
    return false;
}

// The first line of an HTTP message, without what differs from run to run.
std::string_view messageOf(const void* data, int size) {
    const std::string_view text(static_cast<const char*>(data), static_cast<std::size_t>(size));
    const auto line = text.substr(0, text.find('\r'));
    const auto isPairing = line.find(" /pair/v1/") != std::string_view::npos;
    if (line.starts_with("HTTP/1.1 ") || isPairing) return line.substr(0, line.find('?'));
    return {};
}

// A message that OpenSSL has encrypted but the socket has not taken yet.
thread_local std::string leaving;

void afterSending(ssize_t sent) {
    if (sent <= 0 || leaving.empty()) return;
    const auto what = std::exchange(leaving, {});
    points().reach("sent.after", what);
}

}  // namespace

extern "C" {

ssize_t write(int fd, const void* data, std::size_t size) {
    PCG_NEXT(Write, "write");
    if (const auto file = fileOf(fd); isLog(file) && !mayWriteWal(file)) return -1;
    return real(fd, data, size);
}

ssize_t pwrite64(int fd, const void* data, std::size_t size, off64_t offset) {
    PCG_NEXT(PWrite, "pwrite64");
    if (const auto file = fileOf(fd); isLog(file) && !mayWriteWal(file)) return -1;
    return real(fd, data, size, offset);
}

int fdatasync(int fd) {
    PCG_NEXT(Sync, "fdatasync");
    const auto result = real(fd);
    if (const auto file = fileOf(fd); isLog(file)) {
        walWrites = 0;
        points().reach("store.after", file);
    }
    return result;
}

int fsync(int fd) {
    PCG_NEXT(Sync, "fsync");
    const auto file = fileOf(fd);
    if (!file.empty() && !isLog(file)) points().reach("file.before", file);
    const auto result = real(fd);
    if (!file.empty() && !isLog(file)) points().reach("file.after", file);
    if (isLog(file)) {
        walWrites = 0;
        points().reach("store.after", file);
    }
    return result;
}

ssize_t send(int fd, const void* data, std::size_t size, int flags) {
    PCG_NEXT(Send, "send");
    const auto sent = real(fd, data, size, flags);
    afterSending(sent);
    return sent;
}

ssize_t sendmsg(int fd, const msghdr* message, int flags) {
    PCG_NEXT(SendMessage, "sendmsg");
    const auto sent = real(fd, message, flags);
    afterSending(sent);
    return sent;
}

int SSL_write(SSL* ssl, const void* data, int size) {
    PCG_NEXT(TlsWrite, "SSL_write");
    const auto message = points().armed() ? messageOf(data, size) : std::string_view();
    if (!message.empty()) points().reach("sent.before", message);
    const auto result = real(ssl, data, size);
    if (result > 0 && !message.empty()) leaving = message;
    return result;
}

int SSL_read(SSL* ssl, void* data, int size) {
    PCG_NEXT(TlsRead, "SSL_read");
    const auto result = real(ssl, data, size);
    if (result > 0 && points().armed()) {
        const auto message = messageOf(data, result);
        if (message.starts_with("HTTP/1.1 ")) points().reach("answer.received", message);
    }
    return result;
}

}  // extern "C"
