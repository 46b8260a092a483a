// SPDX-License-Identifier: Apache-2.0
// DMTF's schema of an OVF envelope (DSP8023 1.1.1), held in the program: nothing is read from disk
// or network for it. For the main thread: libxml2's loader is set for the whole process.
#pragma once

#include "common/base/bytes.h"
#include "common/base/result.h"

namespace pcg::appliance {

// import.schema with lines and reasons. `document` was read by parseDescriptor(), so it has no
// document type.
Result<> checkSchema(BytesView document);

}  // namespace pcg::appliance
