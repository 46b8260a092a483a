// SPDX-License-Identifier: Apache-2.0
// A request that is taken has a key of ours in it.
#include "common/crypto/csr.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto csr = pcg::crypto::VerifiedCsr::fromDer({data, size});
    if (csr && !pcg::crypto::curveOfSpki(csr->publicSpki())) std::abort();
    return 0;
}
