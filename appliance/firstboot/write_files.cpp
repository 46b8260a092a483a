// SPDX-License-Identifier: Apache-2.0
#include "appliance/firstboot/write_files.h"

#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace pcg::appliance {
namespace {

bool writeAll(int descriptor, std::string_view text) {
    while (!text.empty()) {
        const auto written = ::write(descriptor, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

const char* remedyOf(int reason) {
    switch (reason) {
        case ENOSPC:
        case EDQUOT:
            return " Make the VM's disk larger and restart it: the data partition grows with it.";
        case EROFS:
        case EIO:
            return " The VM's disk is read-only or damaged: look at it at the hypervisor, and "
                   "restart the VM.";
        default:
            return "";
    }
}

}  // namespace

Result<> writeFile(const std::string& root, const File& file) {
    const auto path = root + file.path;
    const auto part = path + ".part";
    std::error_code ignored;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ignored);
    const int descriptor =
        ::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, file.mode);
    const bool written = descriptor >= 0 && writeAll(descriptor, file.content) &&
                         ::fchmod(descriptor, file.mode) == 0 && ::fsync(descriptor) == 0;
    const int why = errno;
    if (descriptor >= 0) ::close(descriptor);
    if (written && ::rename(part.c_str(), path.c_str()) == 0) {
        // So that the new name is there after a power cut, too.
        const auto folder = std::filesystem::path(path).parent_path();
        const int parent = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (parent >= 0) {
            ::fsync(parent);
            ::close(parent);
        }
        return {};
    }
    const int reason = written ? errno : why;
    ::unlink(part.c_str());
    return fail(kWrite,
                "The file " + path + " cannot be written: " + std::strerror(reason) + "." +
                    remedyOf(reason));
}

}  // namespace pcg::appliance
