// SPDX-License-Identifier: Apache-2.0
// What a support case needs, as one tar archive: every part redacted and bounded, so that it can be
// handed to somebody else. Pure but for the clock that is handed in.
#pragma once

#include "common/base/bytes.h"
#include "common/base/clock.h"

#include <string>
#include <vector>

namespace pcg::appliance {

struct BundlePart {
    std::string name;     // "status.json"
    std::string content;  // as it was found; it is redacted here
};

inline constexpr ByteCount kMaxPart = 1_MiB;
inline constexpr std::size_t kMaxParts = 16;

// Of a part that is longer the end is kept, since the newest lines tell most. Its parts lie in a
// folder of their own, with a note on what was done to them.
std::string supportBundle(const std::vector<BundlePart>& parts, WallTime made);

}  // namespace pcg::appliance
