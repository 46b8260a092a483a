// SPDX-License-Identifier: Apache-2.0
#include "common/store/root_key.h"

#include "common/base/text.h"
#include "common/crypto/kdf.h"
#include "common/store/errc.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace pcg::store {
namespace {

constexpr std::size_t kSize = 32;

tl::unexpected<Error> refuse(const std::filesystem::path& file,
                             const std::string& why,
                             const char* next) {
    return fail(kRootKey, "The root key " + file.string() + " " + why + ". " + next);
}

class FileDescriptor {
  public:
    explicit FileDescriptor(int fd) : fd_(fd) {}

    ~FileDescriptor() {
        if (fd_ >= 0) ::close(fd_);
    }

    FileDescriptor(const FileDescriptor&) = delete;
    FileDescriptor& operator=(const FileDescriptor&) = delete;

    int get() const { return fd_; }

  private:
    int fd_;
};

Secret mix(const Secret& stored, std::string_view machineBinding) {
    return crypto::hkdf(asBytes(machineBinding), stored.reveal(), asBytes("PCGv1 root"), kSize);
}

Result<> writeDurably(const std::filesystem::path& file, const Secret& key) {
    const FileDescriptor out(
        ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    const auto bytes = key.reveal();
    if (out.get() < 0 ||
        ::write(out.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(kSize) ||
        ::fsync(out.get()) != 0) {
        return refuse(file,
                      std::string("cannot be written: ") + std::strerror(errno),
                      "Check the state directory and the disk.");
    }
    return {};
}

}  // namespace

Result<RootKey> RootKey::load(const std::filesystem::path& file, std::string_view machineBinding) {
    const FileDescriptor in(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    struct stat status{};
    if (in.get() < 0 || ::fstat(in.get(), &status) != 0) {
        return refuse(
            file,
            std::string("cannot be read: ") + std::strerror(errno),
            "Restore it together with the database; without it the sealed values are lost.");
    }
    if ((status.st_mode & 077) != 0) {
        return refuse(file, "can be read by other users", "Run chmod 600, and consider it known.");
    }
    std::array<std::uint8_t, kSize + 1> bytes{};
    const auto length = ::read(in.get(), bytes.data(), bytes.size());
    Secret stored(BytesView(bytes.data(), kSize));
    wipe(MutableBytes(bytes));
    if (length != static_cast<ssize_t>(kSize)) {
        return refuse(file, "is not 32 bytes long", "Restore it from the backup.");
    }
    return RootKey(mix(stored, machineBinding));
}

Result<RootKey> RootKey::create(const std::filesystem::path& file,
                                std::string_view machineBinding,
                                Random& random) {
    auto bytes = random.array<kSize>();
    const Secret stored{BytesView(bytes)};
    wipe(MutableBytes(bytes));
    // A crash must leave either no root key or a whole one.
    const std::filesystem::path draft = file.string() + ".new";
    ::unlink(draft.c_str());
    PCG_TRY(writeDurably(draft, stored));
    const FileDescriptor directory(
        ::open(file.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    // link(2) refuses to replace a root key that is there.
    if (::link(draft.c_str(), file.c_str()) != 0 || ::unlink(draft.c_str()) != 0 ||
        directory.get() < 0 || ::fsync(directory.get()) != 0) {
        return refuse(file,
                      std::string("cannot be made: ") + std::strerror(errno),
                      "Check the state directory and the disk.");
    }
    return RootKey(mix(stored, machineBinding));
}

Result<> RootKey::replace(const std::filesystem::path& fresh, const std::filesystem::path& file) {
    {
        const FileDescriptor old(::open(file.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW));
        constexpr std::array<std::uint8_t, kSize> kNothing{};
        if (old.get() >= 0 &&
            (::write(old.get(), kNothing.data(), kSize) != kSize || ::fsync(old.get()) != 0)) {
            return refuse(
                file, std::string("cannot be erased: ") + std::strerror(errno), "Check the disk.");
        }
    }
    const FileDescriptor directory(
        ::open(file.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (::rename(fresh.c_str(), file.c_str()) != 0 || directory.get() < 0 ||
        ::fsync(directory.get()) != 0) {
        return refuse(file,
                      std::string("cannot be replaced: ") + std::strerror(errno),
                      "Check the state directory and the disk.");
    }
    return {};
}

std::string machineBinding() {
    std::ifstream in("/etc/machine-id");
    std::string id;
    std::getline(in, id);
    return std::string(trimAscii(id));
}

}  // namespace pcg::store
