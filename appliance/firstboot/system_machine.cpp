// SPDX-License-Identifier: Apache-2.0
#include "appliance/firstboot/system_machine.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "appliance/firstboot/apply.h"
#include "appliance/firstboot/read_sources.h"
#include "appliance/firstboot/write_files.h"
#include "appliance/render/files.h"
#include "appliance/tools/run_tool.h"

namespace pcg::appliance {
namespace {

namespace json = codec::json;
using std::chrono::seconds;

// Long: one that is stopped before it came to its work on a busy host has done nothing.
constexpr seconds kToolLimit(120);
constexpr seconds kLookLimit(30);
constexpr const char* kPin = "/data/appliance/console-pin.json";
constexpr const char* kUndecided = "/run/pcg/change-undecided";
constexpr const char* kResetMark = "/data/.factory-reset";
// What opens everything else goes first; then whatever holds a secret of its own.
constexpr std::array<const char*, 5> kKeyPlaces{"/var/lib/pcg-gateway/root.key",
                                                "/var/lib/pcg-gateway",
                                                "/data/ssh",
                                                "/data/appliance",
                                                "/var/lib/systemd/credential.secret"};

// Held until the process ends; nobody else may write the file.
bool lockFile(const std::string& path, int how) {
    std::error_code ignored;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ignored);
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (descriptor < 0) return false;
    if (::flock(descriptor, how) == 0) return true;
    ::close(descriptor);
    return false;
}

// Zeros over what stood there, then it is unlinked. A disk that writes elsewhere keeps the old
// blocks until they are trimmed: that is what making the partition anew is for.
void destroyFile(const std::filesystem::path& path) {
    const int descriptor = ::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    struct stat facts{};
    if (descriptor >= 0 && ::fstat(descriptor, &facts) == 0 && S_ISREG(facts.st_mode)) {
        const std::array<char, 4096> zeros{};
        for (off_t at = 0; at < facts.st_size; at += static_cast<off_t>(zeros.size()))
            if (::pwrite(descriptor, zeros.data(), zeros.size(), at) <= 0) break;
        ::fsync(descriptor);
    }
    if (descriptor >= 0) ::close(descriptor);
    ::unlink(path.c_str());
}

void destroy(const std::filesystem::path& place) {
    std::error_code error;
    if (!std::filesystem::is_directory(std::filesystem::symlink_status(place, error))) {
        destroyFile(place);
        return;
    }
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(place, error))
        if (!entry.is_directory(error)) files.push_back(entry.path());
    for (const auto& file : files) destroyFile(file);
    std::filesystem::remove_all(place, error);
}

bool isBack(const json::Object& status) {
    const auto pairing = status.object("pairing");
    const auto state = pairing ? (*pairing)->string("state", 64) : Result<std::string>("");
    if (!state) return false;
    if (*state == "offered" || *state == "confirm") return true;
    const auto link = status.object("link");
    const auto how = link ? (*link)->string("state", 64) : Result<std::string>("");
    return *state == "active" && how && *how == "up";
}

}  // namespace

void SystemMachine::pause(std::chrono::milliseconds time) {
    ::poll(nullptr, 0, static_cast<int>(time.count()));
}

bool SystemMachine::run(std::vector<std::string> words, seconds limit) {
    words.front() = root_ + words.front();
    return runTool(std::move(words), limit, 64_KiB).exitCode == 0;
}

void SystemMachine::readImport() {
    if (read_) return;
    read_ = true;
    auto choice = chooseSource(readSources(root_));
    source_ = std::move(choice.source);
    imported_ = std::move(choice.properties);
}

std::string SystemMachine::source() {
    readImport();
    return source_;
}

Properties SystemMachine::imported() {
    readImport();
    return imported_;
}

Overrides SystemMachine::overrides() {
    std::vector<Problem> ignored;
    return readOverrides(root_, ignored);
}

Result<> SystemMachine::keepOverrides(const Overrides& overrides) {
    return writeFile(root_, {kOverridesPath, 0600, writeOverrides(overrides)});
}

bool SystemMachine::takeTurn() {
    return lockFile(root_ + "/run/pcg/change.lock", LOCK_EX | LOCK_NB);
}

bool SystemMachine::isUndecided() const {
    std::error_code error;
    return std::filesystem::exists(root_ + kUndecided, error);
}

void SystemMachine::decided() {
    if (!applied_) return;
    std::error_code error;
    std::filesystem::remove(root_ + kUndecided, error);
}

Result<> SystemMachine::apply(const Properties& properties) {
    // In memory: a restart applies what is kept anyway.
    PCG_TRY(writeFile(root_, {kUndecided, 0600, "A change is being tried.\n"}));
    applied_ = true;
    const auto read = readSettings(properties, wallNow());
    if (!applySettings(root_, source(), read, {}))
        return fail(kWrite, "A file of the system could not be written; see the journal.");
    // The gateway first: what it says afterwards is about the new network.
    run({"/usr/bin/systemctl", "stop", "pcg-gateway.service"}, kToolLimit);
    if (!run({"/usr/bin/networkctl", "reload"}, kToolLimit))
        run({"/usr/bin/systemctl", "restart", "systemd-networkd.service"}, kToolLimit);
    run({"/usr/sbin/nft", "-f", "/usr/lib/pcg/nftables.conf"}, kToolLimit);
    const auto* ssh = read.settings.sshKeys.empty() ? "stop" : "start";
    run({"/usr/bin/systemctl", "--no-block", ssh, "ssh.service"}, kToolLimit);
    run({"/usr/bin/systemctl", "--no-block", "restart", "systemd-timesyncd.service"}, kToolLimit);
    run({"/usr/bin/systemctl", "--no-block", "start", "pcg-gateway.service"}, kToolLimit);
    return {};
}

bool SystemMachine::linkIsBack() {
    const auto ask = [this](std::vector<std::string> words) {
        words.insert(
            words.begin(),
            {root_ + "/usr/bin/pcgctl", "--socket", std::string(kGatewaySocket), "--json"});
        return runTool(std::move(words), kLookLimit, 8_MiB);
    };
    const auto said = ask({"status"});
    if (said.exitCode != 0) return false;
    const auto status = json::parseObject(asText(said.output), 8_MiB);
    if (!status || !isBack(*status)) return false;
    // The bus is known from the papers: a link says nothing about the control plane's address.
    return ask({"controlplane", "check"}).exitCode == 0;
}

Result<std::optional<PinRecord>> SystemMachine::pin() {
    // Until the process ends: two at once are no two tries for one.
    if (!lockFile(root_ + "/run/pcg/pin.lock", LOCK_EX))
        return fail(kWrite, "The PIN cannot be looked at now.");
    std::error_code error;
    if (!std::filesystem::exists(root_ + kPin, error)) return std::optional<PinRecord>();
    return PCG_TRY(parsePin(asText(readBounded(root_ + kPin))));
}

Result<> SystemMachine::keepPin(const std::optional<PinRecord>& record) {
    if (record) return writeFile(root_, {kPin, 0600, writePin(*record)});
    std::error_code error;
    std::filesystem::remove(root_ + kPin, error);
    return {};
}

std::string SystemMachine::journal(ByteCount most) {
    const auto said = runTool({root_ + "/usr/bin/journalctl",
                               "--no-pager",
                               "--quiet",
                               "--boot",
                               "--lines=4000",
                               "--output=short-iso"},
                              kToolLimit,
                              8_MiB);
    auto text = std::string(asText(said.output));
    if (text.size() > most) text.erase(0, text.find('\n', text.size() - most) + 1);
    return text;
}

Result<> SystemMachine::power(PowerAction action) {
    const auto* verb = action == PowerAction::Reboot ? "reboot" : "poweroff";
    // In a moment: whoever asked, perhaps over SSH, is to hear that it was done.
    if (run({"/usr/bin/systemd-run",
             "--quiet",
             "--collect",
             "--on-active=3",
             "--timer-property=AccuracySec=100ms",
             "/usr/bin/systemctl",
             "--no-block",
             verb},
            kToolLimit))
        return {};
    if (run({"/usr/bin/systemctl", "--no-block", verb}, kToolLimit)) return {};
    return fail(kWrite, "The machine does not shut down; use the hypervisor's buttons.");
}

Result<> SystemMachine::forgetEverything() {
    run({"/usr/bin/systemctl", "stop", "pcg-gateway.service"}, kToolLimit);
    // The mark first: whatever is cut short from here on, the next start makes the partition anew.
    PCG_TRY(writeFile(root_, {kResetMark, 0600, "factory-reset\n"}));
    for (const auto* place : kKeyPlaces) destroy(root_ + place);
    ::sync();
    return {};
}

void SystemMachine::say(const json::Object& word) {
    const auto line = json::write(word) + "\n";
    // Whoever asked may have lost the connection, by this very change.
    (void)!::write(output_, line.data(), line.size());
}

}  // namespace pcg::appliance
