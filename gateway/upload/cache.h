// SPDX-License-Identifier: Apache-2.0
// The objects of uploads on the gateway's disk: whole ones by their SHA-256, and parts of those
// that are being fetched by their upload. Bounded: octets together, octets of one, and what must
// stay free on the file system; the least recently used whole object goes first, never one in use.
//
// What is whole was hashed when it became so, and is hashed again before it is used. The directory
// belongs to the gateway; open() throws out what no upload owns. Loop thread in front, FileThread
// behind.
#pragma once

#include "common/crypto/digest.h"
#include "common/wire/upload_form.h"
#include "gateway/upload/file_thread.h"

#include <atomic>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <utility>

namespace pcg::gateway::upload {

// A file, closed with its last holder.
class OpenFile {
  public:
    explicit OpenFile(int descriptor) : descriptor_(descriptor) {}

    ~OpenFile();
    OpenFile(const OpenFile&) = delete;
    OpenFile& operator=(const OpenFile&) = delete;

    int descriptor() const { return descriptor_; }

  private:
    int descriptor_;
};

class Cache {
  public:
    struct Limits {
        ByteCount total = 8192_MiB;
        ByteCount object = 8192_MiB;
        ByteCount keepFree = 512_MiB;  // on the file system
    };

    using File = std::shared_ptr<OpenFile>;

    // Holds an object, or the room for one, as long as it lives.
    class Use {
      public:
        Use() = default;

        Use(Use&& other) noexcept
            : cache_(std::exchange(other.cache_, nullptr)), name_(std::move(other.name_)) {}

        Use& operator=(Use&& other) noexcept {
            std::swap(cache_, other.cache_);
            std::swap(name_, other.name_);
            return *this;
        }

        ~Use();

      private:
        friend class Cache;

        Use(Cache* cache, std::string name) : cache_(cache), name_(std::move(name)) {}

        Cache* cache_ = nullptr;
        std::string name_;
    };

    Cache(FileThread& files, std::filesystem::path directory, Limits limits)
        : files_(files), directory_(std::move(directory)), limits_(limits) {}

    // Makes the directory and reads it. Parts of other uploads than `unfinished` go.
    net::Task<Result<>> open(std::set<wire::UploadId> unfinished);

    bool has(const crypto::Digest256& sha256) const { return entries_.contains(toHex(sha256)); }

    ByteCount partSize(const wire::UploadId& id) const;

    // Whoever holds it keeps the object or the part from being evicted.
    Use use(const crypto::Digest256& sha256);
    Use use(const wire::UploadId& id);

    // The part, cut or made to this size. upload.no_room, store.io.
    net::Task<Result<File>> openPart(wire::UploadId id, ByteCount size);

    // Room for the part to grow to `size`. upload.no_room, upload.too_large.
    net::Task<Result<>> makeRoom(wire::UploadId id, ByteCount size);

    net::Task<Result<>> write(File file, Bytes octets, ByteCount at);

    // The part is whole and has this digest, or the object in the cache has it still; a part then
    // becomes an object. False: it has another, and is gone.
    net::Task<Result<bool>> verify(wire::UploadId id, crypto::Digest256 sha256);

    net::Task<Result<File>> openObject(crypto::Digest256 sha256);
    ByteCount objectSize(const crypto::Digest256& sha256) const;

    // At most `most` octets; none at the end.
    net::Task<Result<Bytes>> read(File file, ByteCount at, std::size_t most);

    net::Task<void> dropPart(wire::UploadId id);
    net::Task<void> dropObject(crypto::Digest256 sha256);

    const Limits& limits() const { return limits_; }

    // Everything that nobody uses: whose it was is gone.
    net::Task<void> clear();

    // Of everything, parts included.
    ByteCount used() const;

    // Hashing gives up when this is set: a gateway that stops does not wait for gigabytes.
    void abandon() { *abandoned_ = true; }

  private:
    struct Entry {
        ByteCount size = 0;      // with the room that is kept for it
        std::uint64_t turn = 0;  // of its last use
        int users = 0;
        bool part = false;
    };

    static std::string partName(const wire::UploadId& id) { return id.text() + ".part"; }

    void left(const std::string& name);
    std::optional<std::string> oldest() const;
    net::Task<void> drop(std::string name);

    FileThread& files_;
    std::filesystem::path directory_;
    Limits limits_;
    std::map<std::string, Entry> entries_;  // by file name
    std::uint64_t turn_ = 0;
    std::shared_ptr<std::atomic<bool>> abandoned_ = std::make_shared<std::atomic<bool>>(false);
};

}  // namespace pcg::gateway::upload
