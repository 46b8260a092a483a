// SPDX-License-Identifier: Apache-2.0
#include "appliance/firstboot/read_sources.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <utility>

#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include "appliance/tools/run_tool.h"

namespace pcg::appliance {
namespace {

constexpr std::chrono::seconds kToolLimit{5};
constexpr const char* kIsoPlace = "/run/pcg/iso";
constexpr const char* kLastGood = "/data/appliance/ovf-env.xml";

// What VMware hands over; nothing on other hypervisors, whatever the tool says there. One that had
// to be ended (too much, too long) has said something that is to be named.
Bytes guestinfo(const std::string& root) {
    auto said = runTool({root + "/usr/bin/vmtoolsd", "--cmd", "info-get guestinfo.ovfEnv"},
                        kToolLimit,
                        kMaxEnvironment + 1);
    return said.exitCode > 0 ? Bytes() : std::move(said.output);
}

// The firmware may have strings of its own in a structure before ours.
Bytes oemStructures(const std::string& root) {
    constexpr int kMost = 16;
    Bytes all;
    for (int at = 0; at < kMost && all.size() <= kMaxEnvironment; ++at) {
        const auto one =
            readBounded(root + "/sys/firmware/dmi/entries/11-" + std::to_string(at) + "/raw");
        if (one.empty()) break;  // they are numbered without gaps
        all.insert(all.end(), one.begin(), one.end());
    }
    return all;
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

std::vector<SourceText> readSources(const std::string& root) {
    constexpr const char* kFwCfg = "/sys/firmware/qemu_fw_cfg/by_name/opt/org.pcg/ovfenv/raw";
    std::vector<SourceText> found;
    const auto add = [&found](std::string name, Bytes bytes, bool oem = false) {
        if (!bytes.empty()) found.push_back({std::move(name), std::move(bytes), oem});
    };
    add("guestinfo", guestinfo(root));
    if (root.empty()) add("ISO", iso());
    add("fw_cfg", readBounded(root + kFwCfg));
    add("SMBIOS", oemStructures(root), true);
    add("last boot", readBounded(root + kLastGood));
    return found;
}

}  // namespace pcg::appliance
