// SPDX-License-Identifier: Apache-2.0
#include "gateway/upload/cache.h"

#include "common/store/errc.h"
#include "gateway/upload/errc.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <system_error>

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace pcg::gateway::upload {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPiece = 1024 * 1024;
constexpr std::size_t kMostEntries = 4096;
constexpr std::string_view kPartSuffix = ".part";

tl::unexpected<Error> diskFailed(const std::string& what, int error) {
    if (error == ENOSPC || error == EDQUOT) {
        return fail(errc::kNoRoom, "The gateway's disk is full: " + what + ".");
    }
    return fail(store::kIo, what + ": " + std::strerror(error) + ".");
}

Result<Cache::File> openFile(const fs::path& path, int flags) {
    const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (descriptor < 0) return diskFailed("A file of an upload cannot be opened", errno);
    return std::make_shared<OpenFile>(descriptor);
}

// Nothing: it was told to give up.
Result<std::optional<crypto::Digest256>> hashOf(const OpenFile& file,
                                                const std::atomic<bool>& abandoned) {
    crypto::Sha256 hash;
    Bytes piece(kPiece);
    ByteCount at = 0;
    while (!abandoned) {
        const auto count =
            ::pread(file.descriptor(), piece.data(), piece.size(), static_cast<off_t>(at));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return diskFailed("A file of an upload cannot be read", errno);
        if (count == 0) return std::optional(hash.finish());
        hash.update(BytesView(piece).first(static_cast<std::size_t>(count)));
        at += static_cast<ByteCount>(count);
    }
    return std::optional<crypto::Digest256>();
}

struct Listed {
    std::string name;
    ByteCount size = 0;
    std::int64_t changed = 0;
};

bool isObjectName(std::string_view name) { return name.size() == 64 && fromHex(name).has_value(); }

Result<std::vector<Listed>> listDirectory(const fs::path& directory,
                                          const std::set<std::string>& parts) {
    std::error_code error;
    fs::create_directories(directory, error);
    if (error) return diskFailed("The cache of uploads cannot be made", error.value());
    fs::permissions(directory, fs::perms::owner_all, error);
    std::vector<Listed> found;
    std::vector<fs::path> foreign;
    for (const auto& one : fs::directory_iterator(directory, error)) {
        const auto name = one.path().filename().string();
        struct stat about{};
        const bool plain = ::lstat(one.path().c_str(), &about) == 0 && S_ISREG(about.st_mode);
        const bool known = isObjectName(name) || parts.contains(name);
        if (!plain || !known || found.size() >= kMostEntries) {
            foreign.push_back(one.path());
            continue;
        }
        found.push_back({name, static_cast<ByteCount>(about.st_size), about.st_mtim.tv_sec});
    }
    if (error) return diskFailed("The cache of uploads cannot be read", error.value());
    for (const auto& path : foreign) fs::remove(path, error);  // not what is in a directory
    std::sort(found.begin(), found.end(), [](const Listed& a, const Listed& b) {
        return a.changed < b.changed;
    });
    return found;
}

Result<ByteCount> freeOctets(const fs::path& directory) {
    struct statvfs about{};
    if (::statvfs(directory.c_str(), &about) != 0)
        return diskFailed("The cache of uploads cannot be looked at", errno);
    return static_cast<ByteCount>(about.f_bavail) * about.f_frsize;
}

Result<> writeAll(const OpenFile& file, BytesView octets, ByteCount at) {
    while (!octets.empty()) {
        const auto count =
            ::pwrite(file.descriptor(), octets.data(), octets.size(), static_cast<off_t>(at));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return diskFailed("A file of an upload cannot be written", errno);
        octets = octets.subspan(static_cast<std::size_t>(count));
        at += static_cast<ByteCount>(count);
    }
    return {};
}

void nameAndShield() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
    ::pthread_setname_np(::pthread_self(), "pcg-uploads");
}

}  // namespace

OpenFile::~OpenFile() { ::close(descriptor_); }

FileThread::FileThread()
    : busy_(jobs_.get_executor()), thread_([this] {
          nameAndShield();
          jobs_.run();
      }) {}

void FileThread::stop() {
    busy_.reset();
    if (thread_.joinable()) thread_.join();
}

Cache::Use::~Use() {
    if (cache_ != nullptr) cache_->left(name_);
}

net::Task<Result<>> Cache::open(std::set<wire::UploadId> unfinished) {
    std::set<std::string> parts;
    for (const auto& id : unfinished) parts.insert(partName(id));
    auto work = [directory = directory_, parts = std::move(parts)] {
        return listDirectory(directory, parts);
    };
    PCG_CO_TRY(const auto found, co_await files_.run(std::move(work)));
    for (const auto& one : found) {
        entries_[one.name] = Entry{one.size, ++turn_, 0, one.name.ends_with(kPartSuffix)};
    }
    co_return Result<>();
}

ByteCount Cache::used() const {
    ByteCount sum = 0;
    for (const auto& [name, entry] : entries_) sum += entry.size;
    return sum;
}

ByteCount Cache::partSize(const wire::UploadId& id) const {
    const auto found = entries_.find(partName(id));
    return found == entries_.end() ? 0 : found->second.size;
}

ByteCount Cache::objectSize(const crypto::Digest256& sha256) const {
    const auto found = entries_.find(toHex(sha256));
    return found == entries_.end() ? 0 : found->second.size;
}

Cache::Use Cache::use(const crypto::Digest256& sha256) {
    const auto name = toHex(sha256);
    const auto found = entries_.find(name);
    if (found == entries_.end()) return {};
    ++found->second.users;
    found->second.turn = ++turn_;
    return {this, name};
}

Cache::Use Cache::use(const wire::UploadId& id) {
    const auto name = partName(id);
    auto& entry = entries_[name];
    entry.part = true;
    ++entry.users;
    return {this, name};
}

void Cache::left(const std::string& name) {
    const auto found = entries_.find(name);
    if (found != entries_.end() && found->second.users > 0) --found->second.users;
}

std::optional<std::string> Cache::oldest() const {
    std::optional<std::string> name;
    std::uint64_t turn = 0;
    for (const auto& [one, entry] : entries_) {
        if (entry.part || entry.users > 0) continue;
        if (name && entry.turn > turn) continue;
        name = one;
        turn = entry.turn;
    }
    return name;
}

net::Task<void> Cache::drop(std::string name) {
    entries_.erase(name);
    auto work = [path = directory_ / name]() -> Result<> {
        std::error_code ignored;
        fs::remove(path, ignored);
        return {};
    };
    [[maybe_unused]] const auto gone = co_await files_.run(std::move(work));
}

net::Task<void> Cache::clear() {
    std::vector<std::string> names;
    for (const auto& [name, entry] : entries_) {
        if (entry.users == 0) names.push_back(name);
    }
    for (auto& name : names) co_await drop(std::move(name));
}

net::Task<void> Cache::dropPart(wire::UploadId id) { co_await drop(partName(id)); }

net::Task<void> Cache::dropObject(crypto::Digest256 sha256) { co_await drop(toHex(sha256)); }

net::Task<Result<>> Cache::makeRoom(wire::UploadId id, ByteCount size) {
    if (size > limits_.object) {
        co_return fail(errc::kTooLarge,
                       "The object has " + std::to_string(size) +
                           " octets; this gateway takes at most " + std::to_string(limits_.object) +
                           " (upload_object_mib).");
    }
    const auto name = partName(id);
    const auto before = entries_[name].size;
    if (size <= before) co_return Result<>();
    // Taken at once: others that look for room meanwhile see it.
    entries_[name].part = true;
    entries_[name].size = size;
    auto look = [directory = directory_] { return freeOctets(directory); };
    for (;;) {
        auto space = co_await files_.run(look);
        if (space && used() <= limits_.total && *space >= size - before + limits_.keepFree)
            co_return Result<>();
        const auto victim = oldest();
        if (space && victim) {
            co_await drop(*victim);
            continue;
        }
        if (const auto found = entries_.find(name); found != entries_.end())
            found->second.size = before;
        if (!space) co_return fail(std::move(space).error());
        co_return fail(errc::kNoRoom,
                       "The gateway has no room for " + std::to_string(size) +
                           " octets more: its cache of uploads or its disk is full of what is in "
                           "use. Try again later, or give it more (upload_cache_mib).");
    }
}

net::Task<Result<Cache::File>> Cache::openPart(wire::UploadId id, ByteCount size) {
    const auto name = partName(id);
    auto work = [path = directory_ / name, size]() -> Result<File> {
        auto file = PCG_TRY(openFile(path, O_RDWR | O_CREAT));
        if (::ftruncate(file->descriptor(), static_cast<off_t>(size)) != 0)
            return diskFailed("A file of an upload cannot be cut", errno);
        return file;
    };
    co_return co_await files_.run(std::move(work));
}

net::Task<Result<>> Cache::write(File file, Bytes octets, ByteCount at) {
    auto work = [file = std::move(file), octets = std::move(octets), at] {
        return writeAll(*file, octets, at);
    };
    co_return co_await files_.run(std::move(work));
}

net::Task<Result<bool>> Cache::verify(wire::UploadId id, crypto::Digest256 sha256) {
    const auto wanted = toHex(sha256);
    const bool cached = entries_.contains(wanted);
    const auto name = cached ? wanted : partName(id);

    struct Hashed {
        crypto::Digest256 digest{};
        ByteCount size = 0;
    };

    auto work = [path = directory_ / name,
                 to = directory_ / wanted,
                 sha256,
                 abandoned = abandoned_]() -> Result<Hashed> {
        const auto file = PCG_TRY(openFile(path, O_RDWR));
        const auto digest = PCG_TRY(hashOf(*file, *abandoned));
        if (!digest) return fail(errc::kStopping, "The gateway is stopping.");
        struct stat about{};
        if (::fstat(file->descriptor(), &about) != 0)
            return diskFailed("A file of an upload cannot be looked at", errno);
        Hashed made{*digest, static_cast<ByteCount>(about.st_size)};
        if (*digest != sha256) return made;
        if (::fdatasync(file->descriptor()) != 0)
            return diskFailed("A file of an upload cannot be written", errno);
        ::futimens(file->descriptor(), nullptr);  // used just now
        if (path != to && ::rename(path.c_str(), to.c_str()) != 0)
            return diskFailed("A file of an upload cannot be renamed", errno);
        return made;
    };
    const auto hashed = co_await files_.run(std::move(work));
    if (!hashed && !hashed.error().is(errc::kStopping)) co_await drop(name);
    if (!hashed) co_return fail(hashed.error());
    if (hashed->digest != sha256) {
        co_await drop(name);
        co_return false;
    }
    if (!cached) {
        entries_.erase(name);
        auto& entry = entries_[wanted];
        entry.size = hashed->size;
        entry.turn = ++turn_;
    }
    co_return true;
}

net::Task<Result<Cache::File>> Cache::openObject(crypto::Digest256 sha256) {
    auto work = [path = directory_ / toHex(sha256)] { return openFile(path, O_RDONLY); };
    co_return co_await files_.run(std::move(work));
}

net::Task<Result<Bytes>> Cache::read(File file, ByteCount at, std::size_t most) {
    auto work = [file = std::move(file), at, most]() -> Result<Bytes> {
        Bytes octets(most);
        ssize_t count = 0;
        do {
            count =
                ::pread(file->descriptor(), octets.data(), octets.size(), static_cast<off_t>(at));
        } while (count < 0 && errno == EINTR);
        if (count < 0) return diskFailed("A file of an upload cannot be read", errno);
        octets.resize(static_cast<std::size_t>(count));
        return octets;
    };
    co_return co_await files_.run(std::move(work));
}

}  // namespace pcg::gateway::upload
