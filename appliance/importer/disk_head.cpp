// SPDX-License-Identifier: Apache-2.0
#include "appliance/importer/disk_head.h"

#include "common/base/text.h"

#include "appliance/importer/errc.h"

namespace pcg::appliance {
namespace {

// VMware Virtual Disks, Virtual Disk Format 5.0, "Hosted Sparse Extent Header"; little endian.
constexpr std::size_t kHeader = 512;
constexpr std::size_t kCapacity = 12;
constexpr std::size_t kDescriptorOffset = 28;
constexpr std::size_t kDescriptorSize = 36;
constexpr ByteCount kSector = 512;
constexpr ByteCount kMostSectors = (ByteCount{2} << 40) / kSector;

ByteCount number(BytesView bytes, std::size_t at) {
    ByteCount value = 0;
    for (std::size_t i = 8; i-- > 0;) value = value << 8 | bytes[at + i];
    return value;
}

Result<std::string_view> descriptorOf(BytesView head) {
    const auto offset = number(head, kDescriptorOffset);
    const auto size = number(head, kDescriptorSize);
    const auto room = head.size() / kSector;
    if (offset == 0 || size == 0 || offset >= room || size > room - offset)
        return fail(errc::kDisk, "The disk's descriptor does not lie at its beginning.");
    const auto text = asText(head.subspan(offset * kSector, size * kSector));
    return text.substr(0, text.find('\0'));
}

Result<> checkDescriptor(std::string_view text) {
    bool stream = false;
    int extents = 0;
    for (const auto raw : split(text, '\n')) {
        const auto line = toLowerAscii(trimAscii(raw));
        if (line.starts_with("createtype"))
            stream = line == "createtype=\"streamoptimized\"";
        else if (line.starts_with("parentfilenamehint") ||
                 (line.starts_with("parentcid") && line != "parentcid=ffffffff"))
            return fail(errc::kDisk, "The disk says that it continues another file; refused.");
        else if (line.starts_with("rw ") || line.starts_with("rdonly ") ||
                 line.starts_with("noaccess "))
            extents += line.find(" sparse ") == std::string::npos ? 2 : 1;
    }
    if (stream && extents == 1) return {};
    return fail(errc::kDisk,
                "The disk is no self-contained VMDK of the kind streamOptimized; refused.");
}

}  // namespace

Result<ByteCount> parseDiskHead(BytesView head) {
    if (head.size() < kHeader || asText(head.first(4)) != "KDMV")
        return fail(errc::kDisk, "The disk in the OVA does not begin as a VMDK does.");
    const auto sectors = number(head, kCapacity);
    if (sectors == 0 || sectors > kMostSectors)
        return fail(errc::kDisk, "The disk in the OVA says no capacity, or one above 2 TiB.");
    const auto descriptor = PCG_TRY(descriptorOf(head));
    PCG_TRY(checkDescriptor(descriptor));
    return sectors * kSector;
}

}  // namespace pcg::appliance
