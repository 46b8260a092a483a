// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/endpoint/wiping_memory.h"

#include "common/base/secret.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace pcg::proxy {
namespace {

// The size stands before the block.
constexpr std::size_t kHeader = alignof(std::max_align_t);

std::size_t sizeOf(const void* pointer) {
    std::size_t size = 0;
    std::memcpy(&size, static_cast<const std::uint8_t*>(pointer) - kHeader, sizeof size);
    return size;
}

}  // namespace

void* wipingAllocate(std::size_t size) {
    auto* block = static_cast<std::uint8_t*>(std::malloc(size + kHeader));
    if (block == nullptr) return nullptr;
    std::memcpy(block, &size, sizeof size);
    return block + kHeader;
}

void wipingFree(void* pointer) {
    if (pointer == nullptr) return;
    auto* bytes = static_cast<std::uint8_t*>(pointer);
    wipe(MutableBytes(bytes, sizeOf(pointer)));
    std::free(bytes - kHeader);
}

void* wipingReallocate(void* pointer, std::size_t size) {
    void* fresh = wipingAllocate(size);
    if (fresh == nullptr || pointer == nullptr) return fresh;
    std::memcpy(fresh, pointer, std::min(size, sizeOf(pointer)));
    wipingFree(pointer);
    return fresh;
}

}  // namespace pcg::proxy
