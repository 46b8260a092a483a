// SPDX-License-Identifier: Apache-2.0
// What is accepted is a code that reads back as itself; a name that is shown never grows.
#include "common/codec/utf8.h"
#include "pairing/pairing_code.h"
#include "pairing/tenant_name.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace pcg;
    const auto text = asText({data, size});
    if (const auto code = pairing::PairingCode::parse(text)) {
        const auto shown = code->shown();
        const auto again = pairing::PairingCode::parse(shown.revealText());
        if (!again || again->nameplate() != code->nameplate()) std::abort();
    }
    const auto name = pairing::displayName(text);
    if (name.text.empty() || name.text.size() > 64 * 4 * 3 || !codec::isUtf8(name.text))
        std::abort();
    return 0;
}
