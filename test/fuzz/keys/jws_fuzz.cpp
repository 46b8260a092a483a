// SPDX-License-Identifier: Apache-2.0
// Nothing verifies under a key that signed nothing.
#include "common/crypto/jws.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace pcg::crypto;
    static const EcKey kUnused = EcKey::generate(EcCurve::P256).value();
    const auto jws = UnverifiedJws::parse(pcg::asText({data, size}));
    if (jws && jws->verify(jws->typ(), kUnused.publicSpki())) std::abort();
    return 0;
}
