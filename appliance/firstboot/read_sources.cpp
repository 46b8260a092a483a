// SPDX-License-Identifier: Apache-2.0
#include "appliance/firstboot/read_sources.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

namespace pcg::appliance {
namespace {

constexpr std::chrono::seconds kToolLimit{5};
constexpr const char* kIsoPlace = "/run/pcg/iso";
constexpr const char* kLastGood = "/data/appliance/ovf-env.xml";

// Until the end, the bound, or the deadline.
Bytes drain(int descriptor, std::chrono::steady_clock::time_point deadline) {
    Bytes bytes;
    std::array<std::uint8_t, 4096> piece{};
    while (bytes.size() <= kMaxEnvironment) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            deadline - std::chrono::steady_clock::now());
        pollfd waiting{descriptor, POLLIN, 0};
        if (left.count() <= 0 || ::poll(&waiting, 1, static_cast<int>(left.count())) <= 0) break;
        const auto got = ::read(descriptor, piece.data(), piece.size());
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        bytes.insert(bytes.end(), piece.begin(), piece.begin() + got);
    }
    return bytes;
}

// What VMware hands over (info-get guestinfo.ovfEnv); nothing on other hypervisors.
Bytes guestinfo() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return {};
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    std::array<char, 24> tool{"/usr/bin/vmtoolsd"};
    std::array<char, 8> option{"--cmd"};
    std::array<char, 32> request{"info-get guestinfo.ovfEnv"};
    const std::array<char*, 4> words{tool.data(), option.data(), request.data(), nullptr};
    pid_t child = -1;
    const int started =
        ::posix_spawn(&child, tool.data(), &actions, nullptr, words.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
    Bytes bytes;
    if (started == 0) {
        bytes = drain(ends[0], std::chrono::steady_clock::now() + kToolLimit);
        ::kill(child, SIGKILL);
        int status = 0;
        while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
        }
    }
    ::close(ends[0]);
    return bytes;
}

Bytes iso() {
    std::error_code error;
    std::filesystem::create_directories(kIsoPlace, error);
    for (const auto* device : {"/dev/sr0", "/dev/sr1"}) {
        constexpr unsigned long kFlags = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC;
        if (::mount(device, kIsoPlace, "iso9660", kFlags, nullptr) != 0) continue;
        Bytes bytes;
        for (const auto* name : {"/ovf-env.xml", "/OVF-ENV.XML"})
            if (bytes.empty()) bytes = readBounded(std::string(kIsoPlace) + name);
        ::umount2(kIsoPlace, MNT_DETACH);
        if (!bytes.empty()) return bytes;
    }
    return {};
}

}  // namespace

Bytes readBounded(const std::string& path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (descriptor < 0) return {};
    Bytes bytes;
    std::array<std::uint8_t, 4096> piece{};
    while (bytes.size() <= kMaxEnvironment) {
        const auto got = ::read(descriptor, piece.data(), piece.size());
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        bytes.insert(bytes.end(), piece.begin(), piece.begin() + got);
    }
    ::close(descriptor);
    return bytes;
}

std::vector<SourceText> readSources() {
    constexpr const char* kFwCfg = "/sys/firmware/qemu_fw_cfg/by_name/opt/org.pcg/ovfenv/raw";
    constexpr const char* kOem = "/sys/firmware/dmi/entries/11-0/raw";
    std::vector<SourceText> found;
    const auto add = [&found](std::string name, Bytes bytes, bool oem = false) {
        if (!bytes.empty()) found.push_back({std::move(name), std::move(bytes), oem});
    };
    add("guestinfo", guestinfo());
    add("ISO", iso());
    add("fw_cfg", readBounded(kFwCfg));
    add("SMBIOS", readBounded(kOem), true);
    add("last boot", readBounded(kLastGood));
    return found;
}

}  // namespace pcg::appliance
