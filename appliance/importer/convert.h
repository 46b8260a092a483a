// SPDX-License-Identifier: Apache-2.0
// The disk of an OVA as a qcow2 of its own, made by qemu-img out of the archive as it lies.
#pragma once

#include "common/base/bytes.h"
#include "common/base/result.h"

#include <functional>
#include <string>

namespace pcg::appliance {

// Where the disk lies: an open file, and the part of it.
struct DiskSource {
    int descriptor = -1;
    ByteCount offset = 0;
    ByteCount size = 0;
};

// Blocking. `progress` is called with 0 to 100. A file of that name is an error (import.exists),
// and nothing is left there on any other: import.tool with qemu-img's own words.
Result<> convertDisk(const DiskSource& from,
                     const std::string& to,
                     const std::function<void(int)>& progress);

// How qemu-img is told of a VMDK within a file, without the files that it may name. For tests.
std::string diskAddress(const DiskSource& from);

// "    (12.34/100%)\r": what stands there, or -1.
int parseProgress(std::string_view line);

}  // namespace pcg::appliance
