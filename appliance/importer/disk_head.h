// SPDX-License-Identifier: Apache-2.0
// The beginning of the disk in an OVA: is it the self-contained, compressed VMDK that it should be?
// A VMDK can name other files to be read as its contents or its parent; whoever converts one that
// came from outside would read those. Pure.
#pragma once

#include "common/base/bytes.h"
#include "common/base/result.h"

namespace pcg::appliance {

// How much of it must be known: header and descriptor.
inline constexpr ByteCount kDiskHead = 64_KiB;

// The disk's capacity in octets; import.disk. `head`: the first kDiskHead octets, or all.
Result<ByteCount> parseDiskHead(BytesView head);

}  // namespace pcg::appliance
