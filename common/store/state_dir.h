// SPDX-License-Identifier: Apache-2.0
// A directory that belongs to one running process: mode 0700, locked for as long as this object
// lives.
//
// The lock is flock(2) on DIR/lock, so the kernel gives it back when the process dies, however it
// dies; the process id inside is only for the message that the second process prints.
#pragma once

#include "common/base/result.h"

#include <filesystem>
#include <string_view>

namespace pcg::store {

class StateDir {
  public:
    // Makes it if it is missing, takes it away from group and others. store.in_use when another
    // process has it.
    static Result<StateDir> open(std::filesystem::path directory);

    StateDir(StateDir&& other) noexcept;
    StateDir& operator=(StateDir&&) = delete;
    ~StateDir();

    const std::filesystem::path& path() const { return path_; }

    std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

  private:
    StateDir(std::filesystem::path path, int lock) : path_(std::move(path)), lock_(lock) {}

    std::filesystem::path path_;
    int lock_;
};

}  // namespace pcg::store
