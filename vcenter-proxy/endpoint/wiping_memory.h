// SPDX-License-Identifier: Apache-2.0
// malloc, realloc and free that overwrite what they give back: for a C library that copies secrets
// into buffers of its own (expat and the password of a Login).
#pragma once

#include <cstddef>

namespace pcg::proxy {

void* wipingAllocate(std::size_t size);
void* wipingReallocate(void* pointer, std::size_t size);
void wipingFree(void* pointer);

}  // namespace pcg::proxy
