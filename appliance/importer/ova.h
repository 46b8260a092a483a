// SPDX-License-Identifier: Apache-2.0
// An OVA, looked at as it streams by, without I/O: every file's SHA-256 against the manifest, the
// manifest's signature, the descriptor, and the beginning of the disk. What is returned was checked
// against each other; whom to trust as the signer is the caller's question. One thread.
#pragma once

#include <optional>

#include "appliance/importer/descriptor.h"
#include "appliance/importer/manifest.h"
#include "appliance/importer/tar_reader.h"

namespace pcg::appliance {

struct OvaFile {
    TarMember member;
    crypto::Digest256 sha256{};
};

struct Ova {
    std::vector<OvaFile> files;  // in their order
    Bytes descriptorText;        // for the schema
    Descriptor descriptor;
    OvaFile disk;
    crypto::CertificateChain signer;  // empty: it is not signed
};

class OvaReader final : private TarSink {
  public:
    // The octets of the file in their order, in pieces of any size.
    Result<> feed(BytesView octets) { return tar_.feed(octets, *this); }

    // After the last octet; any import.*. Once.
    Result<Ova> finish();

  private:
    Result<> begin(const TarMember& member) override;
    Result<> data(BytesView octets) override;
    Result<> end() override;

    Result<> checkManifest() const;
    Result<> checkSignature(Ova& ova) const;
    Result<> checkDisk(Ova& ova) const;

    TarReader tar_;
    std::vector<OvaFile> files_;
    crypto::Sha256 sha256_;
    Bytes* keep_ = nullptr;  // where octets of the present file go, up to most_
    ByteCount most_ = 0;
    Bytes descriptor_;
    Bytes manifest_;
    Bytes signature_;
    Bytes diskHead_;
    std::string manifestName_;
};

}  // namespace pcg::appliance
