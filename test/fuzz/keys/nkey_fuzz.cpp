// SPDX-License-Identifier: Apache-2.0
// A key text parses as one kind at most, and is what encoding its bytes gives.
#include "common/identity/nkey.h"

#include <cstdlib>

namespace {

template <class Key, class Pair>
int taken(std::string_view text) {
    const auto key = Key::parse(text);
    if (key && Key::of(key->raw()).text() != text) std::abort();
    const auto pair = Pair::fromSeed(pcg::Secret::fromText(text));
    if (pair && pair->seed().revealText() != text) std::abort();
    return (key ? 1 : 0) + (pair ? 1 : 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace pcg::identity;
    const auto text = pcg::asText({data, size});
    const int kinds = taken<OperatorKey, OperatorKeyPair>(text) +
                      taken<AccountKey, AccountKeyPair>(text) + taken<UserKey, UserKeyPair>(text);
    if (kinds > 1) std::abort();
    return 0;
}
