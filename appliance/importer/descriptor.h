// SPDX-License-Identifier: Apache-2.0
// What of an OVF descriptor (DSP0243 1.1) is of use to define a machine: read bounded, with every
// value within what a machine may be. Whether it fits the schema is schema.h's question. Pure.
#pragma once

#include "common/base/bytes.h"
#include "common/base/result.h"

#include <string>
#include <vector>

namespace pcg::appliance {

inline constexpr ByteCount kMaxDescriptor = 1_MiB;

struct Descriptor {
    std::string product;
    std::string version;
    std::string diskFile;  // its name in the archive
    ByteCount diskFileSize = 0;
    ByteCount diskCapacity = 0;
    unsigned cpus = 0;
    unsigned memoryMib = 0;
    bool efi = false;
    std::vector<std::string> properties;  // without the class "pcgw."
};

// import.descriptor names the element.
Result<Descriptor> parseDescriptor(BytesView document);

}  // namespace pcg::appliance
