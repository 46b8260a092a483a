// SPDX-License-Identifier: Apache-2.0
// A log file that cannot fill the disk: at its cap it becomes FILE.1 (replacing an older one) and
// starts anew. One thread. Failing to write is not an error: a log that cannot be kept must not
// stop the broker.
#pragma once

#include "common/base/bytes.h"

#include <filesystem>
#include <fstream>
#include <string>

namespace pcg::controlplane::broker {

class BoundedLog {
  public:
    BoundedLog(std::filesystem::path file, ByteCount cap);

    void write(std::string_view text);

    // The latest line that nats-server marked as fatal or error, for messages; else the latest
    // line.
    const std::string& remarkable() const { return remarkable_.empty() ? lastLine_ : remarkable_; }

    void forgetRemarkable();

  private:
    void rotate();
    void look(std::string_view text);

    std::filesystem::path file_;
    ByteCount cap_;
    ByteCount size_ = 0;
    std::ofstream stream_;
    std::string partial_;  // a line not yet ended, at most 4 KiB of it
    std::string lastLine_;
    std::string remarkable_;
};

}  // namespace pcg::controlplane::broker
