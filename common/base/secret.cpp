// SPDX-License-Identifier: Apache-2.0
#include "common/base/secret.h"

#include <cstring>
#include <utility>

namespace pcg {

Secret::Secret(BytesView bytes) : data_(new std::uint8_t[bytes.size() + 1]), size_(bytes.size()) {
    if (!bytes.empty()) std::memcpy(data_, bytes.data(), bytes.size());
    data_[size_] = 0;
}

Secret Secret::takeText(std::string& text) {
    Secret secret(asBytes(text));
    pcg::wipe(text);
    return secret;
}

Secret Secret::takeBytes(Bytes& bytes) {
    Secret secret{BytesView(bytes)};
    pcg::wipe(MutableBytes(bytes));
    bytes.clear();
    return secret;
}

Secret::Secret(Secret&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

Secret& Secret::operator=(Secret&& other) noexcept {
    if (this != &other) {
        wipe();
        data_ = std::exchange(other.data_, nullptr);
        size_ = std::exchange(other.size_, 0);
    }
    return *this;
}

Secret::~Secret() { wipe(); }

void Secret::wipe() noexcept {
    if (data_ == nullptr) return;
    explicit_bzero(data_, size_);
    delete[] data_;
    data_ = nullptr;
    size_ = 0;
}

bool constantTimeEqual(BytesView a, BytesView b) noexcept {
    if (a.size() != b.size()) return false;
    volatile std::uint8_t difference = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        difference = static_cast<std::uint8_t>(difference | (a[i] ^ b[i]));
    }
    return difference == 0;
}

void wipe(MutableBytes bytes) noexcept {
    if (!bytes.empty()) explicit_bzero(bytes.data(), bytes.size());
}

void wipe(std::string& text) noexcept {
    // The whole capacity: a shrunken string leaves its tail behind.
    text.resize(text.capacity());
    if (!text.empty()) explicit_bzero(text.data(), text.size());
    text.clear();
}

}  // namespace pcg
