// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/broker/bounded_log.h"

namespace pcg::controlplane::broker {
namespace {

constexpr std::size_t kMaxLine = 4096;

}  // namespace

BoundedLog::BoundedLog(std::filesystem::path file, ByteCount cap)
    : file_(std::move(file)), cap_(cap) {
    std::error_code error;
    const auto size = std::filesystem::file_size(file_, error);
    size_ = error ? 0 : size;
    stream_.open(file_, std::ios::app | std::ios::binary);
}

void BoundedLog::write(std::string_view text) {
    look(text);
    if (size_ + text.size() > cap_) rotate();
    stream_.write(text.data(), static_cast<std::streamsize>(text.size()));
    stream_.flush();
    size_ += text.size();
}

void BoundedLog::forgetRemarkable() {
    remarkable_.clear();
    lastLine_.clear();
}

void BoundedLog::rotate() {
    stream_.close();
    std::error_code ignored;
    std::filesystem::rename(file_, file_.string() + ".1", ignored);
    stream_.open(file_, std::ios::trunc | std::ios::binary);
    size_ = 0;
}

void BoundedLog::look(std::string_view text) {
    for (const char c : text) {
        if (c != '\n') {
            if (partial_.size() < kMaxLine) partial_.push_back(c);
            continue;
        }
        if (!partial_.empty()) {
            lastLine_ = partial_;
            const bool bad = partial_.find("[FTL]") != std::string::npos ||
                             partial_.find("[ERR]") != std::string::npos ||
                             partial_.starts_with("nats-server:");
            if (bad) remarkable_ = partial_;
        }
        partial_.clear();
    }
}

}  // namespace pcg::controlplane::broker
