// SPDX-License-Identifier: Apache-2.0
#include "common/store/state_dir.h"

#include "common/base/text.h"
#include "common/store/errc.h"

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace pcg::store {
namespace {

tl::unexpected<Error> failWithErrno(const std::filesystem::path& path, const char* tried) {
    return fail(kIo,
                "The state directory " + path.string() + " " + tried + ": " + std::strerror(errno) +
                    ". Check the path, its owner and the disk.");
}

Result<> secure(const std::filesystem::path& path) {
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0) return failWithErrno(path, "cannot be read");
    if (!S_ISDIR(status.st_mode)) {
        return fail(kIo,
                    "The state directory " + path.string() + " is a file. Choose another path.");
    }
    if ((status.st_mode & 077) == 0) return {};
    // A shared directory such as /tmp must not be taken away from the others that use it.
    if (status.st_uid != ::geteuid() || (status.st_mode & S_ISVTX) != 0) {
        return fail(kPermissions,
                    "The state directory " + path.string() +
                        " is open to other users. Choose one of its own, with mode 0700.");
    }
    if (::chmod(path.c_str(), 0700) != 0) return failWithErrno(path, "cannot be made private");
    return {};
}

std::string ownerOf(int lock) {
    char text[32] = {};
    const auto length = ::pread(lock, text, sizeof text - 1, 0);
    const auto pid = length > 0 ? parseUnsigned(trimAscii(text)) : std::nullopt;
    return pid ? "process " + std::to_string(*pid) : "another process";
}

}  // namespace

Result<StateDir> StateDir::open(std::filesystem::path directory) {
    std::error_code error;
    const auto parent = std::filesystem::absolute(directory, error).parent_path();
    std::filesystem::create_directories(parent, error);
    if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) {
        return failWithErrno(directory, "cannot be made");
    }
    PCG_TRY(secure(directory));
    const int lock =
        ::open((directory / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (lock < 0) return failWithErrno(directory, "cannot be locked");
    StateDir opened(std::move(directory), lock);
    if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
        return fail(kInUse,
                    "The state directory " + opened.path_.string() + " is used by " +
                        ownerOf(lock) +
                        ". Stop it first, or give this one a directory of its own.");
    }
    const auto pid = std::to_string(::getpid()) + "\n";
    if (::ftruncate(lock, 0) != 0 || ::pwrite(lock, pid.data(), pid.size(), 0) < 0) {
        return failWithErrno(opened.path_, "cannot be written");
    }
    return opened;
}

StateDir::StateDir(StateDir&& other) noexcept
    : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)) {}

StateDir::~StateDir() {
    if (lock_ >= 0) ::close(lock_);
}

}  // namespace pcg::store
