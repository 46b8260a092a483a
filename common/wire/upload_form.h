// SPDX-License-Identifier: Apache-2.0
// Uploads by reference (docs/uploads.md): what both sides of the wire call one and its states.
//
// An upload's id is made by whoever orders it, so that an order that is sent twice is one upload.
// Pure functions.
#pragma once

#include "common/wire/ids.h"

#include <optional>

namespace pcg::wire {

struct UploadTag {
    static constexpr std::string_view kPrefix = "up_";
    static constexpr std::string_view kWhat = "upload id";
};

using UploadId = Id<UploadTag>;

Result<UploadId> parseUploadId(std::string_view text);

// Ordered: the gateway may not know of it yet. Unknown: the push may have happened, and a look did
// not tell.
enum class UploadState {
    Ordered,
    Queued,
    Fetching,
    Verifying,
    Pushing,
    Done,
    Failed,
    Cancelled,
    Unknown
};

std::string_view nameOf(UploadState state);
std::optional<UploadState> parseUploadState(std::string_view name);

constexpr bool isOver(UploadState state) { return state >= UploadState::Done; }

}  // namespace pcg::wire
