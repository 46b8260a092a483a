// SPDX-License-Identifier: Apache-2.0
#include "appliance/importer/manifest.h"

#include "common/base/text.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "appliance/importer/errc.h"
#include "appliance/importer/tar_reader.h"

namespace pcg::appliance {
namespace {

// "SHA256(name)= hex": the name and what stands behind.
std::optional<std::pair<std::string_view, std::string_view>> parseLine(std::string_view line) {
    constexpr std::string_view kBegin = "SHA256(";
    const auto close = line.find(")=");
    if (!line.starts_with(kBegin) || close == std::string_view::npos) return std::nullopt;
    return std::pair(line.substr(kBegin.size(), close - kBegin.size()),
                     trimAscii(line.substr(close + 2)));
}

}  // namespace

Result<Manifest> parseManifest(BytesView text) {
    Manifest manifest;
    std::size_t number = 0;
    for (const auto raw : split(asText(text), '\n')) {
        ++number;
        const auto line = trimAscii(raw);
        if (line.empty()) continue;
        const auto where = "Line " + std::to_string(number) + " of the manifest ";
        if (line.starts_with("SHA1(")) {
            return fail(errc::kManifest,
                        where + "has a SHA-1, which proves nothing any more; SHA-256 is needed.");
        }
        const auto parts = parseLine(line);
        const auto value = parts ? fromHex(parts->second) : std::nullopt;
        if (!value || value->size() != 32)
            return fail(errc::kManifest, where + "is not of the form SHA256(file)= 64 hex digits.");
        crypto::Digest256 digest{};
        std::ranges::copy(*value, digest.begin());
        if (manifest.size() == TarReader::kMaxMembers ||
            !manifest.emplace(parts->first, digest).second) {
            return fail(errc::kManifest, where + "names a file once more, or one too many.");
        }
    }
    if (manifest.empty()) return fail(errc::kManifest, "The manifest names no file.");
    return manifest;
}

Result<Signature> parseSignature(BytesView text) {
    const auto all = asText(text);
    const auto end = all.find('\n');
    const auto parts = parseLine(trimAscii(all.substr(0, end)));
    auto value = parts ? fromHex(parts->second) : std::nullopt;
    if (!value || value->empty() || end == std::string_view::npos) {
        return fail(errc::kSignature,
                    "The file .cert does not begin with SHA256(manifest)= and a signature.");
    }
    auto signer = crypto::parsePemCertificates(all.substr(end));
    if (!signer) {
        return fail(
            errc::kSignature,
            "The certificate in the file .cert cannot be read: " + signer.error().message());
    }
    return Signature{std::string(parts->first), std::move(*value), std::move(*signer)};
}

}  // namespace pcg::appliance
