// SPDX-License-Identifier: Apache-2.0
// A message that parses is rebuilt from its parts and must come out octet for octet.
#include "common/base/assert.h"
#include "common/wire/frame.h"

#include <algorithm>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace pcg::wire;
    const pcg::BytesView message(data, size);
    const auto parsed = parseMessage(message);
    if (!parsed) return 0;
    pcg::Bytes rebuilt;
    appendOrigin(rebuilt, parsed->origin);
    for (const auto& frame : parsed->frames) {
        switch (frame.type) {
            case FrameType::End:
                appendEnd(rebuilt, frame.flags, frame.stream, frame.offset, endCrc(frame));
                break;
            case FrameType::Reset:
                appendReset(rebuilt, frame.flags, frame.stream, resetOf(frame));
                break;
            case FrameType::Sync:
                appendSync(rebuilt, syncEntries(frame));
                break;
            default:
                appendFrame(rebuilt, frame);
        }
    }
    PCG_ASSERT(std::ranges::equal(rebuilt, message));
    return 0;
}
