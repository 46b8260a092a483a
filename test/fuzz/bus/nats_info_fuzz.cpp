// SPDX-License-Identifier: Apache-2.0
// The greeting comes in clear from whoever is on the way. Whatever is accepted must yield one clean
// line, and reading that line must yield the same values.
#include "common/base/bytes.h"
#include "common/bus/nats_info.h"

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto info = pcg::bus::parseServerInfo(pcg::asText({data, size}));
    if (!info) return 0;
    const std::string greeting = pcg::bus::greetingForCnats(*info);
    if (greeting.find("\r\n") != greeting.size() - 2) std::abort();
    const auto again =
        pcg::bus::parseServerInfo(std::string_view(greeting).substr(0, greeting.size() - 2));
    if (!again || again->nonce != info->nonce || again->maxPayload != info->maxPayload)
        std::abort();
    return 0;
}
