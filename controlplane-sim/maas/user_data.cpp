// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/maas/user_data.h"

#include "common/codec/base64.h"
#include "common/codec/json.h"

namespace pcg::controlplane::maas {
namespace {

constexpr std::string_view kBoundary = "=_pcg-user-data";  // "_" is in no base64
constexpr std::size_t kLine = 76;

// A JSON text is a YAML one.
std::string cloudConfigOf(const std::vector<std::string>& sshKeys) {
    std::string text = "#cloud-config\nssh_authorized_keys:\n";
    for (const auto& key : sshKeys)
        text += "  - " + codec::json::write(codec::json::Value(key)) + "\n";
    return text;
}

std::string inLines(const std::string& base64) {
    std::string text;
    for (std::size_t at = 0; at < base64.size(); at += kLine)
        text += base64.substr(at, kLine) + "\n";
    return text;
}

// text/plain: cloud-init looks at how the text begins.
std::string part(std::string_view text, std::string_view fields) {
    return "--" + std::string(kBoundary) + "\nContent-Type: text/plain; charset=\"utf-8\"\n" +
           "Content-Transfer-Encoding: base64\n" + std::string(fields) + "\n" +
           inLines(codec::base64Encode(asBytes(text)));
}

// A MIME message is a part as it stands.
std::string nested(std::string_view message) {
    return "--" + std::string(kBoundary) + "\n" + std::string(message) + "\n";
}

bool isMime(std::string_view text) {
    return text.starts_with("Content-Type:") || text.starts_with("MIME-Version:");
}

}  // namespace

Secret userDataOf(const Secret& text, const std::vector<std::string>& sshKeys) {
    if (sshKeys.empty()) return text.clone();
    const auto keys = cloudConfigOf(sshKeys);
    if (text.empty()) return Secret::fromText(keys);
    const auto own = text.revealText();
    auto message = "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"" +
                   std::string(kBoundary) + "\"\n\n" + (isMime(own) ? nested(own) : part(own, "")) +
                   part(keys, "Merge-Type: list(append)+dict(no_replace,recurse_list)+str()\n") +
                   "--" + std::string(kBoundary) + "--\n";
    return Secret::takeText(message);
}

}  // namespace pcg::controlplane::maas
