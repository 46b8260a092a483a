// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/system/confinement.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace pcg::controlplane {
namespace {

namespace fs = std::filesystem;

constexpr ErrorCode kConfinement{ErrorClass::Weather, "system_gateways.confinement"};

// linux/landlock.h of Debian 12 ends at ABI 2; these are the kernel's own values.
constexpr std::uint64_t kExecute = 1U << 0;
constexpr std::uint64_t kReadFile = 1U << 2;
constexpr std::uint64_t kReadDirectory = 1U << 3;
constexpr std::uint64_t kWriteFile = 1U << 1;
constexpr std::uint64_t kAllOfAbi1 = (1U << 13) - 1;
constexpr std::uint64_t kTruncate = 1U << 14;    // ABI 3
constexpr std::uint64_t kScopeSignal = 1U << 1;  // ABI 6
constexpr std::uint64_t kOfFiles = kExecute | kReadFile | kWriteFile | kTruncate;
constexpr std::uint64_t kRead = kExecute | kReadFile | kReadDirectory;
constexpr unsigned kCreateVersion = 1U << 0;
constexpr int kPathBeneath = 1;

// What lies beside the way to the hidden directory; what is beyond that many is not readable.
constexpr int kMostSiblings = 20'000;

struct RulesetAttributes {
    std::uint64_t handledFiles;
    std::uint64_t handledNetwork;
    std::uint64_t scoped;
};

struct __attribute__((packed)) PathBeneath {
    std::uint64_t allowed;
    std::int32_t parent;
};

class Rules {
  public:
    Rules(int ruleset, std::uint64_t handled) : ruleset_(ruleset), handled_(handled) {}

    // False if it cannot be opened: then it is not allowed either.
    bool allow(const fs::path& path, std::uint64_t rights) const {
        const int descriptor = ::open(path.c_str(), O_PATH | O_CLOEXEC);
        if (descriptor < 0) return false;
        struct stat status{};
        const bool isKnown = ::fstat(descriptor, &status) == 0;
        if (isKnown && !S_ISDIR(status.st_mode)) rights &= kOfFiles;
        const PathBeneath rule{rights & handled_, descriptor};
        const bool isTaken =
            isKnown && ::syscall(SYS_landlock_add_rule, ruleset_, kPathBeneath, &rule, 0) == 0;
        ::close(descriptor);
        return isTaken;
    }

    // Everything but what is below `hidden`: Landlock allows and never forbids, so each directory
    // on the way is opened for all of its entries but the next one.
    void allowAllBut(const fs::path& hidden, std::uint64_t rights) const {
        int left = kMostSiblings;
        fs::path at = hidden.root_path();
        for (const auto& next : hidden.relative_path()) {
            std::error_code ignored;
            for (const auto& entry : fs::directory_iterator(at, ignored)) {
                if (entry.path().filename() == next || --left < 0) continue;
                // A way around by another name would be one.
                std::error_code unknown;
                const auto real = fs::canonical(entry.path(), unknown);
                if (unknown || isOnTheWay(real, hidden)) continue;
                allow(entry.path(), rights);
            }
            at /= next;
        }
    }

  private:
    // Whether `path` is the hidden directory, in it, or above it.
    static bool isOnTheWay(const fs::path& path, const fs::path& hidden) {
        const auto [a, b] = std::mismatch(path.begin(), path.end(), hidden.begin(), hidden.end());
        return a == path.end() || b == hidden.end();
    }

    int ruleset_;
    std::uint64_t handled_;
};

tl::unexpected<Error> refused(const std::string& what) {
    return fail(
        kConfinement,
        "The gateway's process cannot be confined: " + what + ": " + std::strerror(errno) + ".");
}

}  // namespace

Result<Confinement> Confinement::around(const Files& files) {
    const auto abi = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, kCreateVersion);
    if (abi < 1) return Confinement(-1);
    RulesetAttributes attributes{kAllOfAbi1, 0, 0};
    if (abi >= 3) attributes.handledFiles |= kTruncate;
    if (abi >= 6) attributes.scoped = kScopeSignal;
    const auto made = ::syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0);
    if (made < 0) return refused("no ruleset");
    Confinement confinement(static_cast<int>(made));

    std::error_code error;
    const auto hidden = fs::canonical(files.hidden, error);
    if (error) {
        errno = error.value();
        return refused(files.hidden.string());
    }
    const Rules rules(confinement.ruleset_, attributes.handledFiles);
    rules.allowAllBut(hidden, kRead);
    if (!rules.allow(files.own, attributes.handledFiles)) return refused(files.own.string());
    if (!rules.allow(files.readable, kReadFile)) return refused(files.readable.string());
    rules.allow("/dev/null", kReadFile | kWriteFile);
    return confinement;
}

Confinement::Confinement(Confinement&& other) noexcept
    : ruleset_(std::exchange(other.ruleset_, -1)) {}

Confinement::~Confinement() {
    if (ruleset_ >= 0) ::close(ruleset_);
}

}  // namespace pcg::controlplane
