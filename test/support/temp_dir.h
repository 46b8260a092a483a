// SPDX-License-Identifier: Apache-2.0
// A directory of its own for each test, removed with everything in it.
//
// Under the system's temporary directory, mode 0700. Throws if it cannot be made: a test without it
// is void.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace pcg::test {

class TempDir {
  public:
    TempDir();
    ~TempDir();
    TempDir(const TempDir&) = delete;
    TempDir& operator=(const TempDir&) = delete;

    const std::filesystem::path& path() const { return path_; }

    std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

    // Writes `text` to a file of that name (sub-folders are made) and returns its path.
    std::filesystem::path write(std::string_view name, std::string_view text) const;

  private:
    std::filesystem::path path_;
};

std::string readFile(const std::filesystem::path& path);

}  // namespace pcg::test
