// SPDX-License-Identifier: Apache-2.0
// Octets from anybody never open as a box; text that opened is read whole or refused, and what was
// read is written so that it reads the same.
#include "pairing/sealed_credentials.h"
#include "test/support/seeded_random.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace pcg;
    static test::SeededRandom random{3};
    static const auto key = crypto::Scalar::random(random);
    const pairing::SealContext context{"gw_00000000000000000000000001", "vc1", "vcenter"};
    if (pairing::openCredentials({data, size}, key, context)) std::abort();
    const auto read = pairing::PasswordCredentials::parse(Secret(BytesView(data, size)));
    if (!read) return 0;
    const auto again = pairing::PasswordCredentials::parse(read->write());
    if (!again || again->address != read->address ||
        again->password.revealText() != read->password.revealText()) {
        std::abort();
    }
    return 0;
}
