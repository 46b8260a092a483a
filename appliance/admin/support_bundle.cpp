// SPDX-License-Identifier: Apache-2.0
#include "appliance/admin/support_bundle.h"

#include <algorithm>

#include "appliance/admin/redaction.h"
#include "appliance/admin/tar_writer.h"

namespace pcg::appliance {
namespace {

constexpr const char* kFolder = "pcg-support/";

std::string bounded(std::string text) {
    if (text.size() <= kMaxPart) return text;
    // At a line's begin: half a word could be half of a secret that is not known as one any more.
    const auto line = text.find('\n', text.size() - kMaxPart);
    text.erase(0, line == std::string::npos ? text.size() : line + 1);
    return text;
}

}  // namespace

std::string supportBundle(const std::vector<BundlePart>& parts, WallTime made) {
    TarWriter tar(made);
    std::string note = "Made " + toRfc3339(made) +
                       ". Passwords, keys, tokens and codes were taken out; names and addresses "
                       "were not.\n\n";
    const auto count = std::min(parts.size(), kMaxParts);
    for (std::size_t i = 0; i < count; ++i) {
        // First redacted, then cut: the other way round the name in front of a secret could go.
        const auto content = bounded(redacted(parts[i].content));
        note += parts[i].name + "  " + std::to_string(content.size()) + " octets\n";
        tar.add(kFolder + parts[i].name, content);
    }
    tar.add(std::string(kFolder) + "README.txt", note);
    return tar.take();
}

}  // namespace pcg::appliance
