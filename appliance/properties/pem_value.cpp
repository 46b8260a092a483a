// SPDX-License-Identifier: Apache-2.0
#include "appliance/properties/pem_value.h"

#include "common/base/text.h"
#include "common/codec/base64.h"
#include "common/crypto/x509.h"

#include <algorithm>
#include <array>

#include "appliance/properties/network_values.h"

namespace pcg::appliance {
namespace {

constexpr std::string_view kBegin = "-----BEGIN CERTIFICATE-----";
constexpr std::string_view kEnd = "-----END CERTIFICATE-----";
constexpr std::size_t kMaxKeys = 8;
constexpr std::size_t kMaxKeyLine = 8192;

// Each block of base64 between the marks, whatever became of its line ends.
std::string straightened(std::string_view text) {
    std::string pem;
    for (auto begin = text.find(kBegin); begin != std::string_view::npos;
         begin = text.find(kBegin)) {
        text.remove_prefix(begin + kBegin.size());
        const auto end = text.find(kEnd);
        if (end == std::string_view::npos) break;
        std::string body(text.substr(0, end));
        text.remove_prefix(end + kEnd.size());
        for (auto at = body.find("\\n"); at != std::string::npos; at = body.find("\\n", at))
            body.erase(at, 2);
        std::erase_if(body, [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; });
        pem += std::string(kBegin) + "\n";
        for (std::size_t at = 0; at < body.size(); at += 64) pem += body.substr(at, 64) + "\n";
        pem += std::string(kEnd) + "\n";
    }
    return pem;
}

Result<std::string> parseSshKey(std::string_view line) {
    constexpr std::array<std::string_view, 5> kTypes{"ssh-ed25519",
                                                     "ssh-rsa",
                                                     "ecdsa-sha2-nistp256",
                                                     "ecdsa-sha2-nistp384",
                                                     "ecdsa-sha2-nistp521"};
    const auto words = split(line, ' ');
    const bool known = std::ranges::find(kTypes, words[0]) != kTypes.end();
    if (!known || words.size() < 2 || line.size() > kMaxKeyLine) {
        return fail(kBadValue,
                    "It is not a public key of SSH; paste the line of id_ed25519.pub, which begins "
                    "with ssh-ed25519.");
    }
    const auto blob = codec::base64Decode(words[1]);
    // RFC 4253, section 6.6: the type stands again in the key, behind its length.
    const auto named =
        std::string{'\0', '\0', '\0', static_cast<char>(words[0].size())} + std::string(words[0]);
    if (!blob || blob->size() < named.size() + 32 || !asText(*blob).starts_with(named))
        return fail(kBadValue, "The SSH key is cut off or damaged; paste the whole line again.");
    return std::string(words[0]) + " " + std::string(words[1]);
}

}  // namespace

Result<ReadCertificates> parseCertificates(std::string_view text, WallTime now) {
    std::string decoded;
    if (text.find(kBegin) == std::string_view::npos) {
        std::string packed(text);
        std::erase_if(packed,
                      [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; });
        if (const auto bytes = codec::base64Decode(packed)) decoded = std::string(asText(*bytes));
        text = decoded;
    }
    const auto pem = straightened(text);
    const auto chain = crypto::parsePemCertificates(pem);
    if (!chain) {
        return fail(kBadValue,
                    "It holds no readable certificate; paste the PEM text from BEGIN CERTIFICATE "
                    "to END CERTIFICATE, or its base64.");
    }
    ReadCertificates read{pem, {}};
    for (const auto& certificate : *chain) {
        if (certificate.notAfter() < now)
            read.warning = "The certificate " + certificate.subject() + " ended on " +
                           toRfc3339(certificate.notAfter()).substr(0, 10) +
                           "; ask for the present one, unless this machine's clock is wrong: it "
                           "says " +
                           toRfc3339(now).substr(0, 10) + ".";
        if (now < certificate.notBefore())
            read.warning = "The certificate " + certificate.subject() + " begins on " +
                           toRfc3339(certificate.notBefore()).substr(0, 10) +
                           "; is this machine's clock right? It says " +
                           toRfc3339(now).substr(0, 10) + ".";
    }
    return read;
}

Result<std::vector<std::string>> parseSshKeys(std::string_view text) {
    std::string lines(text);
    for (auto at = lines.find("\\n"); at != std::string::npos; at = lines.find("\\n", at))
        lines.replace(at, 2, "\n");
    std::ranges::replace(lines, '\r', '\n');
    std::vector<std::string> keys;
    for (const auto line : split(lines, '\n')) {
        const auto key = trimAscii(line);
        if (key.empty() || key.front() == '#') continue;
        if (keys.size() == kMaxKeys) return fail(kBadValue, "There are more than eight SSH keys.");
        keys.push_back(PCG_TRY(parseSshKey(key)));
    }
    return keys;
}

}  // namespace pcg::appliance
