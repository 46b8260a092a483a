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

namespace pcg::appliance {
namespace {

namespace json = codec::json;
using std::chrono::seconds;

// Long: one that is stopped before it came to its work on a busy host has done nothing.
constexpr seconds kToolLimit(120);
constexpr seconds kLookLimit(30);
constexpr const char* kNetworkFile = "/etc/systemd/network/10-pcg.network";
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

std::string stateIn(const json::Object& status, std::string_view part) {
    const auto object = status.object(part);
    const auto state = object ? (*object)->string("state", 64) : Result<std::string>("");
    return state ? *state : std::string();
}

// Whatever the gateway is about: only one that belongs to a tenant has a link to wait for.
bool isBack(const json::Object& status) {
    const auto state = stateIn(status, "pairing");
    if (state == "active") return stateIn(status, "link") == "up";
    return state == "offered" || state == "confirm" || state == "enrolling" || state == "cooldown";
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
    problems_ = std::move(choice.problems);
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

ImportSeen SystemMachine::importSeen() { return readSeen(root_); }

Properties SystemMachine::running() {
    const auto bytes = readBounded(root_ + kRunningPath);
    auto values = parseOverrides(asText(bytes));
    return !bytes.empty() && values ? std::move(*values) : layered(imported(), overrides());
}

// What was seen first: cut short behind it, it is about values that are not there.
Result<> SystemMachine::keepOverrides(const Overrides& overrides, const ImportSeen& seen) {
    PCG_TRY(writeFile(root_, {kSeenPath, 0600, writeOverrides(seen)}));
    PCG_TRY(writeFile(root_, {kOverridesPath, 0600, writeOverrides(overrides)}));
    const auto read = readSettings(layered(imported(), overrides), wallNow());
    auto problems = problems_;
    problems.insert(problems.end(), read.problems.begin(), read.problems.end());
    if (!source().empty())
        for (auto& one : shadowed(imported(), overrides, seen)) problems.push_back(std::move(one));
    // For the console; what was kept is kept without it.
    (void)writeFile(root_, reportFile(source(), read.settings, problems));
    return {};
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

Result<> SystemMachine::apply(const Properties& properties, Effect effect) {
    // In memory: a restart applies what is kept anyway.
    PCG_TRY(writeFile(root_, {kUndecided, 0600, "A change is being tried.\n"}));
    applied_ = true;
    const auto read = readSettings(properties, wallNow());
    const auto network = readBounded(root_ + kNetworkFile);
    const auto from = source();
    if (!applySettings(root_, from, properties, read, problems_))
        return fail(kWrite, "A file of the system could not be written; see the journal.");
    // The gateway first: what it says afterwards is about the new network.
    if (effect.gateway) run({"/usr/bin/systemctl", "stop", "pcg-gateway.service"}, kToolLimit);
    // A file that was written anew is another one to networkd, which sets up the cards again for
    // it.
    const bool isOther = effect.wayOut || network != readBounded(root_ + kNetworkFile);
    if (isOther && !run({"/usr/bin/networkctl", "reload"}, kToolLimit))
        run({"/usr/bin/systemctl", "restart", "systemd-networkd.service"}, kToolLimit);
    run({"/usr/sbin/nft", "-f", "/usr/lib/pcg/nftables.conf"}, kToolLimit);
    const auto* ssh = read.settings.sshKeys.empty() ? "stop" : "start";
    run({"/usr/bin/systemctl", "--no-block", ssh, "ssh.service"}, kToolLimit);
    run({"/usr/bin/systemctl", "--no-block", "restart", "systemd-timesyncd.service"}, kToolLimit);
    if (effect.gateway) {
        run({"/usr/bin/systemctl", "restart", "pcg-egress.service"}, kToolLimit);
        run({"/usr/bin/systemctl", "--no-block", "start", "pcg-gateway.service"}, kToolLimit);
    }
    return {};
}

ToolRun SystemMachine::askGateway(std::vector<std::string> words, seconds limit) {
    words.insert(words.begin(),
                 {root_ + "/usr/bin/pcgctl", "--socket", std::string(kGatewaySocket), "--json"});
    return runTool(std::move(words), limit, 8_MiB);
}

bool SystemMachine::linkIsBack(std::chrono::milliseconds most) {
    const auto deadline = now() + most;
    // At least a second: a tool is not started to be stopped at once.
    const auto limit = [this, deadline] {
        return std::clamp(
            std::chrono::ceil<seconds>(deadline - now()), seconds(1), seconds(kLookLimit));
    };
    const auto said = askGateway({"status"}, limit());
    if (said.exitCode != 0) return false;
    const auto status = json::parseObject(asText(said.output), 8_MiB);
    if (!status || !isBack(*status)) return false;
    // The bus is known from the papers: a link says nothing about the control plane's address.
    return askGateway({"controlplane", "check"}, limit()).exitCode == 0;
}

bool SystemMachine::mayBePaired() {
    const auto said = askGateway({"status"}, kLookLimit);
    const auto status = json::parseObject(asText(said.output), 8_MiB);
    if (said.exitCode != 0 || !status) return true;
    const auto state = stateIn(*status, "pairing");
    return state != "starting" && state != "contacting" && state != "offered" && state != "confirm";
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
