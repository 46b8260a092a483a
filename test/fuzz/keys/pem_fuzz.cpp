// SPDX-License-Identifier: Apache-2.0
// Certificates that parse survive the way through PEM, and can be described and verified without
// harm.
#include "common/crypto/x509.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace pcg::crypto;
    static_cast<void>(Certificate::fromDer({data, size}));
    const auto chain = parsePemCertificates(pcg::asText({data, size}));
    if (!chain) return 0;
    for (const auto& certificate : *chain) {
        static_cast<void>(certificate.subject() + certificate.issuer() + certificate.serialHex());
        static_cast<void>(certificate.notBefore() < certificate.notAfter());
    }
    static_cast<void>(verifyChain(*chain, *chain, Purpose::ServerAuth, chain->front().notAfter()));
    const auto again = parsePemCertificates(toPem(*chain));
    if (!again || again->size() != chain->size() || again->front().der() != chain->front().der())
        std::abort();
    return 0;
}
