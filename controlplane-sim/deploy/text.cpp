// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/deploy/text.h"

#include "common/codec/base64.h"
#include "common/codec/utf8.h"

#include <algorithm>
#include <array>

namespace pcg::controlplane::deploy {
namespace {

constexpr std::array<std::string_view, 7> kKeyTypes{"ssh-ed25519",
                                                    "ssh-rsa",
                                                    "ecdsa-sha2-nistp256",
                                                    "ecdsa-sha2-nistp384",
                                                    "ecdsa-sha2-nistp521",
                                                    "sk-ssh-ed25519@openssh.com",
                                                    "sk-ecdsa-sha2-nistp256@openssh.com"};

// Of the NoCloud and VMware data sources: doc "User-Data Formats" of cloud-init.
constexpr std::array<std::string_view, 8> kBeginnings{"#cloud-config",
                                                      "#!",
                                                      "#include",
                                                      "#cloud-boothook",
                                                      "#part-handler",
                                                      "## template: jinja",
                                                      "Content-Type: multipart/",
                                                      "MIME-Version:"};

bool isHidden(char32_t c) {
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x200e || c == 0x200f ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

}  // namespace

bool isPlainText(std::string_view text) {
    while (!text.empty()) {
        const auto c = codec::takeCodePoint(text);
        if (!c || isHidden(*c)) return false;
    }
    return true;
}

bool isSshPublicKey(std::string_view line) {
    if (!isPlainText(line)) return false;
    const auto space = line.find(' ');
    if (space == std::string_view::npos) return false;
    const auto type = line.substr(0, space);
    if (std::find(kKeyTypes.begin(), kKeyTypes.end(), type) == kKeyTypes.end()) return false;
    const auto rest = line.substr(space + 1);
    const auto blob = codec::base64Decode(rest.substr(0, rest.find(' ')));
    // RFC 4253, 6.6: the blob begins with the type as a string, and more follows.
    if (!blob || blob->size() <= 4 + type.size()) return false;
    const std::size_t length = (std::size_t{(*blob)[0]} << 24) | (std::size_t{(*blob)[1]} << 16) |
                               (std::size_t{(*blob)[2]} << 8) | (*blob)[3];
    return length == type.size() && asText(BytesView(*blob).subspan(4, length)) == type;
}

bool isCloudInit(std::string_view userData) {
    return std::any_of(kBeginnings.begin(), kBeginnings.end(), [&](std::string_view beginning) {
        return userData.starts_with(beginning);
    });
}

}  // namespace pcg::controlplane::deploy
