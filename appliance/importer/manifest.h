// SPDX-License-Identifier: Apache-2.0
// The manifest of an OVA and its signature (DSP0243 1.1, section 6.1): files ending in .mf and
// .cert. Pure functions.
#pragma once

#include "common/base/bytes.h"
#include "common/crypto/digest.h"
#include "common/crypto/x509.h"

#include <map>
#include <string>

namespace pcg::appliance {

// Name -> SHA-256. import.manifest names the line; other digests than SHA-256 are refused.
using Manifest = std::map<std::string, crypto::Digest256, std::less<>>;
Result<Manifest> parseManifest(BytesView text);

struct Signature {
    std::string manifest;  // whose
    Bytes value;
    crypto::CertificateChain signer;  // the one that signed first
};

// import.signature: it is not one.
Result<Signature> parseSignature(BytesView text);

}  // namespace pcg::appliance
