// SPDX-License-Identifier: Apache-2.0
// A token that is taken is for a user, and changing a character of its signature makes it refused.
#include "common/identity/nats_jwt.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace pcg::identity;
    std::string text(pcg::asText({data, size}));
    const auto jwt = verifyUserJwt(text);
    if (!jwt) return 0;
    if (!jwt->subject.text().starts_with('U') || !jwt->issuer.text().starts_with('A')) std::abort();
    auto& character = text[text.size() - 20];
    character = character == 'A' ? 'B' : 'A';
    if (verifyUserJwt(text)) std::abort();
    return 0;
}
