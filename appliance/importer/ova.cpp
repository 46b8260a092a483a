// SPDX-License-Identifier: Apache-2.0
#include "appliance/importer/ova.h"

#include "common/crypto/detached_signature.h"

#include <algorithm>

#include "appliance/importer/disk_head.h"
#include "appliance/importer/errc.h"

namespace pcg::appliance {
namespace {

constexpr ByteCount kMaxManifest = 64_KiB;

}  // namespace

Result<> OvaReader::begin(const TarMember& member) {
    const auto& name = member.name;
    keep_ = nullptr;
    if (files_.empty() && !name.ends_with(".ovf")) {
        return fail(errc::kArchive,
                    "The OVA begins with " + name + "; the descriptor, *.ovf, must come first.");
    }
    const auto take = [this, &member](Bytes& into, ByteCount most, bool whole) -> Result<> {
        if (!into.empty() || (whole && (member.size > most || member.size == 0))) {
            return fail(errc::kArchive,
                        member.name + " in the OVA is empty, larger than " +
                            std::to_string(most / 1024) + " KiB, or one too many of its kind.");
        }
        keep_ = &into;
        most_ = most;
        return {};
    };
    if (name.ends_with(".ovf")) {
        PCG_TRY(take(descriptor_, kMaxDescriptor, true));
    } else if (name.ends_with(".mf")) {
        manifestName_ = name;
        PCG_TRY(take(manifest_, kMaxManifest, true));
    } else if (name.ends_with(".cert")) {
        PCG_TRY(take(signature_, kMaxManifest, true));
    } else {
        PCG_TRY(take(diskHead_, kDiskHead, false));
    }
    files_.push_back({member, {}});
    return {};
}

Result<> OvaReader::data(BytesView octets) {
    sha256_.update(octets);
    if (keep_ != nullptr && keep_->size() < most_) {
        const auto room = static_cast<std::size_t>(most_ - keep_->size());
        append(*keep_, octets.first(std::min(octets.size(), room)));
    }
    return {};
}

Result<> OvaReader::end() {
    files_.back().sha256 = sha256_.finish();
    return {};
}

Result<> OvaReader::checkManifest() const {
    if (manifest_.empty()) {
        return fail(errc::kManifest,
                    "The OVA has no manifest, *.mf: nothing says what its files should be.");
    }
    const auto manifest = PCG_TRY(parseManifest(manifest_));
    std::size_t held = 0;
    for (const auto& file : files_) {
        const auto& name = file.member.name;
        if (name.ends_with(".mf") || name.ends_with(".cert")) continue;
        const auto listed = manifest.find(name);
        if (listed == manifest.end())
            return fail(errc::kManifest, name + " is in the OVA but not in its manifest.");
        if (listed->second != file.sha256) {
            return fail(errc::kDigest,
                        name + " is not what the manifest says: its SHA-256 is " +
                            toHex(file.sha256) + " instead of " + toHex(listed->second) +
                            ". The OVA is damaged or was changed; get it again.");
        }
        ++held;
    }
    if (held == manifest.size()) return {};
    return fail(errc::kManifest, "The manifest names files that are not in the OVA.");
}

Result<> OvaReader::checkSignature(Ova& ova) const {
    if (signature_.empty()) return {};
    auto signature = PCG_TRY(parseSignature(signature_));
    if (signature.manifest != manifestName_) {
        return fail(errc::kSignature,
                    "The signature is of another file than " + manifestName_ + ".");
    }
    const auto verified =
        crypto::verifyDetached(signature.signer.front(), manifest_, signature.value);
    if (!verified) {
        return fail(errc::kSignature,
                    "The manifest was not signed by the certificate beside it: " +
                        verified.error().message());
    }
    ova.signer = std::move(signature.signer);
    return {};
}

Result<> OvaReader::checkDisk(Ova& ova) const {
    const auto& descriptor = ova.descriptor;
    const auto found = std::ranges::find_if(files_, [&descriptor](const OvaFile& file) {
        return file.member.name == descriptor.diskFile;
    });
    if (found == files_.end() || diskHead_.empty()) {
        return fail(errc::kDescriptor, "The descriptor's disk is not in the OVA, or it is empty.");
    }
    if (found->member.size != descriptor.diskFileSize) {
        return fail(errc::kDescriptor,
                    "The disk is of another size than the descriptor says: " +
                        std::to_string(found->member.size) + " octets instead of " +
                        std::to_string(descriptor.diskFileSize) + ".");
    }
    const auto capacity = PCG_TRY(parseDiskHead(diskHead_));
    if (capacity != descriptor.diskCapacity)
        return fail(errc::kDisk, "The disk is of another capacity than the descriptor says.");
    ova.disk = *found;
    return {};
}

Result<Ova> OvaReader::finish() {
    PCG_TRY(tar_.finish());
    PCG_TRY(checkManifest());
    Ova ova;
    PCG_TRY(checkSignature(ova));
    ova.descriptor = PCG_TRY(parseDescriptor(descriptor_));
    PCG_TRY(checkDisk(ova));
    ova.descriptorText = std::move(descriptor_);
    ova.files = std::move(files_);
    return ova;
}

}  // namespace pcg::appliance
