// SPDX-License-Identifier: Apache-2.0
#include "appliance/importer/convert.h"

#include "common/base/text.h"
#include "common/codec/json.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <vector>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "appliance/importer/errc.h"

namespace pcg::appliance {
namespace {

namespace json = codec::json;

// The child sees the archive under this number.
constexpr int kArchive = 3;
constexpr std::size_t kMostWords = 2000;

struct Pipe {
    std::array<int, 2> ends{-1, -1};

    Pipe() = default;
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;

    ~Pipe() {
        close(0);
        close(1);
    }

    bool open() { return ::pipe2(ends.data(), O_CLOEXEC) == 0; }

    void close(std::size_t end) {
        if (ends[end] >= 0) ::close(ends[end]);
        ends[end] = -1;
    }
};

Result<pid_t> startTool(std::vector<std::string> words, const Pipe& output, int archive) {
    std::vector<char*> arguments;
    for (auto& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, output.ends[1], STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, output.ends[1], STDERR_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, archive, kArchive);
    pid_t child = -1;
    const int failed =
        ::posix_spawnp(&child, arguments.front(), &actions, nullptr, arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    if (failed == 0) return child;
    return fail(errc::kTool,
                std::string("qemu-img cannot be started: ") + std::strerror(failed) +
                    ". Install the package qemu-utils.");
}

// Progress to whom it may concern, other words kept for the error.
std::string follow(int descriptor, const std::function<void(int)>& progress) {
    std::string line;
    std::string words;
    std::array<char, 512> piece{};
    for (;;) {
        const auto got = ::read(descriptor, piece.data(), piece.size());
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        for (const char c : std::string_view(piece.data(), static_cast<std::size_t>(got))) {
            if (c != '\r' && c != '\n') {
                if (line.size() < kMostWords) line += c;
                continue;
            }
            const int percent = parseProgress(line);
            if (percent >= 0)
                progress(percent);
            else if (words.size() < kMostWords && !trimAscii(line).empty())
                words += (words.empty() ? "" : " ") + std::string(trimAscii(line));
            line.clear();
        }
    }
    return words;
}

// Ours from the first moment: no link that somebody laid there is followed.
Result<> claim(const std::string& path) {
    const int made =
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (made >= 0) {
        ::close(made);
        return {};
    }
    const int why = errno;
    return fail(why == EEXIST ? errc::kExists : errc::kFile,
                "The file " + path + " cannot be made: " + std::strerror(why) + ".");
}

}  // namespace

std::string diskAddress(const DiskSource& from) {
    json::Object file;
    file.set("driver", "file").set("filename", "/dev/fd/" + std::to_string(kArchive));
    json::Object part;
    part.set("driver", "raw")
        .set("offset", json::Value::ofUnsigned(from.offset))
        .set("size", json::Value::ofUnsigned(from.size))
        .set("file", std::move(file));
    json::Object disk;
    disk.set("driver", "vmdk").set("read-only", true).set("backing", nullptr);
    disk.set("file", std::move(part));
    return "json:" + json::write(disk);
}

int parseProgress(std::string_view line) {
    line = trimAscii(line);
    if (!line.starts_with('(') || !line.ends_with("/100%)")) return -1;
    const auto number = line.substr(1, line.find_first_of("./") - 1);
    const auto percent = parseUnsigned(number);
    return percent && *percent <= 100 ? static_cast<int>(*percent) : -1;
}

Result<> convertDisk(const DiskSource& from,
                     const std::string& to,
                     const std::function<void(int)>& progress) {
    if (::access(to.c_str(), F_OK) == 0) {
        return fail(errc::kExists,
                    "The file " + to + " is there already; remove it, or give --disk FILE.");
    }
    const auto part = to + ".part";
    PCG_TRY(claim(part));
    Pipe output;
    const auto child =
        output.open()
            ? startTool({"qemu-img", "convert", "-p", "-O", "qcow2", diskAddress(from), part},
                        output,
                        from.descriptor)
            : Result<pid_t>(fail(errc::kTool, "There is no pipe left for qemu-img."));
    if (!child) {
        ::unlink(part.c_str());
        return fail(child.error());
    }
    output.close(1);
    const auto words = follow(output.ends[0], progress);
    int status = 0;
    while (::waitpid(*child, &status, 0) < 0 && errno == EINTR) {
    }
    const bool whole = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (whole && ::renameat2(AT_FDCWD, part.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0)
        return {};
    ::unlink(part.c_str());
    return fail(errc::kTool,
                "The disk could not be converted to " + to +
                    (words.empty() ? "." : ". qemu-img says: " + words));
}

}  // namespace pcg::appliance
