// SPDX-License-Identifier: Apache-2.0
#include "appliance/importer/descriptor.h"

#include "common/base/text.h"
#include "common/xml/element.h"

#include <optional>

#include "appliance/importer/errc.h"

namespace pcg::appliance {
namespace {

constexpr xml::Limits kLimits{kMaxDescriptor, 32, 20'000};
constexpr std::string_view kClass = "pcgw";
constexpr ByteCount kMostCapacity = ByteCount{2} << 40;
constexpr unsigned kMostCpus = 64;
constexpr unsigned kLeastMemoryMib = 512;
constexpr unsigned kMostMemoryMib = 1024 * 1024;
// CIM_ResourceAllocationSettingData.ResourceType
constexpr std::string_view kProcessor = "3";
constexpr std::string_view kMemory = "4";

// The shift that "byte" or "byte * 2^30" stands for.
std::optional<unsigned> unitOf(std::string_view units) {
    std::string word;
    for (const char c : units)
        if (c != ' ') word += c;
    if (word.empty() || word == "byte") return 0;
    constexpr std::string_view kPower = "byte*2^";
    if (!word.starts_with(kPower)) return std::nullopt;
    const auto power = parseUnsigned(std::string_view(word).substr(kPower.size()));
    if (!power || *power > 40) return std::nullopt;
    return static_cast<unsigned>(*power);
}

std::optional<ByteCount> octets(std::string_view count, std::string_view units) {
    const auto value = parseUnsigned(count);
    const auto shift = unitOf(units);
    if (!value || !shift || *value > kMostCapacity >> *shift) return std::nullopt;
    return *value << *shift;
}

tl::unexpected<Error> wrong(const std::string& sentence) {
    return fail(errc::kDescriptor, "The descriptor " + sentence);
}

Result<> readDisk(const xml::Element& envelope, Descriptor& out) {
    const auto* files = envelope.child("References");
    const auto* disks = envelope.child("DiskSection");
    if (files == nullptr || disks == nullptr) return wrong("has no References or no DiskSection.");
    const xml::Element* file = files->child("File");
    const xml::Element* disk = disks->child("Disk");
    if (files->children.size() != 1 || file == nullptr || disk == nullptr)
        return wrong("does not have exactly one File and a Disk.");
    if (disk->attribute("fileRef") != file->attribute("id"))
        return wrong("has a Disk that is not its File.");
    if (!file->attribute("compression").empty() || !file->attribute("chunkSize").empty())
        return wrong("has a File that is compressed or in pieces; that is not supported.");
    out.diskFile = file->attribute("href");
    const auto size = parseUnsigned(file->attribute("size"));
    const auto capacity =
        octets(disk->attribute("capacity"), disk->attribute("capacityAllocationUnits"));
    if (!size || !capacity || *capacity == 0)
        return wrong("has a File without a size, or a Disk whose capacity cannot be read.");
    out.diskFileSize = *size;
    out.diskCapacity = *capacity;
    return {};
}

Result<> readHardware(const xml::Element& hardware, Descriptor& out) {
    for (const auto& item : hardware.children) {
        if (item.name == "Config" && item.attribute("key") == "firmware")
            out.efi = item.attribute("value") == "efi";
        if (item.name != "Item") continue;
        const auto type = item.textAt("ResourceType");
        const auto quantity = item.textAt("VirtualQuantity");
        if (type == kProcessor) {
            const auto cpus = parseUnsigned(quantity);
            if (cpus && *cpus <= kMostCpus) out.cpus = static_cast<unsigned>(*cpus);
        } else if (type == kMemory) {
            const auto memory = octets(quantity, item.textAt("AllocationUnits"));
            if (memory && *memory >> 20 <= kMostMemoryMib)
                out.memoryMib = static_cast<unsigned>(*memory >> 20);
        }
    }
    if (out.cpus == 0 || out.memoryMib < kLeastMemoryMib)
        return wrong("does not say how many processors and how much memory, or impossible ones.");
    return {};
}

void readProduct(const xml::Element& section, Descriptor& out) {
    if (section.attribute("class") != kClass) return;
    out.product = section.textAt("Product");
    out.version = section.textAt("Version");
    for (const auto& child : section.children)
        if (child.name == "Property") out.properties.emplace_back(child.attribute("key"));
}

}  // namespace

Result<Descriptor> parseDescriptor(BytesView document) {
    const auto envelope = xml::parse(document, kLimits);
    if (!envelope) return wrong("cannot be read: " + envelope.error().message());
    if (envelope->name != "Envelope") return wrong("is no OVF envelope.");
    Descriptor out;
    PCG_TRY(readDisk(*envelope, out));
    const auto* system = envelope->child("VirtualSystem");
    const auto* hardware = system == nullptr ? nullptr : system->child("VirtualHardwareSection");
    if (hardware == nullptr) return wrong("has no VirtualSystem with hardware.");
    PCG_TRY(readHardware(*hardware, out));
    for (const auto& section : system->children)
        if (section.name == "ProductSection") readProduct(section, out);
    if (out.properties.empty())
        return wrong("has no properties of class pcgw: this is no Private Cloud Gateway.");
    return out;
}

}  // namespace pcg::appliance
