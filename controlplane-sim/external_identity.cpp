// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/external_identity.h"

#include "common/base/text.h"
#include "common/crypto/x509.h"

#include <algorithm>
#include <fstream>
#include <iterator>

namespace pcg::controlplane {
namespace {

constexpr ErrorCode kCertificate{ErrorClass::Input, "tls.certificate"};
constexpr ErrorCode kKey{ErrorClass::Input, "tls.key"};
constexpr std::size_t kMaxFile = 256 * 1024;

Result<std::string> contentsOf(ErrorCode code, const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    std::string text(kMaxFile, '\0');
    stream.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(std::max<std::streamsize>(0, stream.gcount())));
    if (text.empty() || text.size() == kMaxFile)
        return fail(code, "The file " + file.string() + " is not there, empty, or far too large.");
    return text;
}

// "*.example.org" covers one label.
bool covers(const std::string& pattern, const std::string& name) {
    if (equalsIgnoreCaseAscii(pattern, name)) return true;
    if (!pattern.starts_with("*.")) return false;
    const auto dot = name.find('.');
    return dot != std::string::npos && equalsIgnoreCaseAscii(std::string_view(pattern).substr(1),
                                                             std::string_view(name).substr(dot));
}

}  // namespace

Result<net::CertificateAndKey> externalIdentity(const std::filesystem::path& certificateFile,
                                                const std::filesystem::path& keyFile,
                                                const std::string& name,
                                                WallTime now) {
    auto pem = PCG_TRY(contentsOf(kCertificate, certificateFile));
    const auto where = "The certificate in " + certificateFile.string() + " ";
    const auto chain = crypto::parsePemCertificates(pem);
    if (!chain) return fail(kCertificate, where + "cannot be read: " + chain.error().message());
    const auto& leaf = chain->front();
    if (leaf.notAfter() <= now) {
        return fail(kCertificate,
                    where + "expired at " + toRfc3339(leaf.notAfter()) + ": renew it.");
    }
    if (leaf.notBefore() > now) {
        return fail(kCertificate,
                    where + "is valid only from " + toRfc3339(leaf.notBefore()) +
                        " on: check this machine's clock.");
    }
    const auto& dns = leaf.names().dnsNames;
    const auto& addresses = leaf.names().ipAddresses;
    const bool named =
        std::any_of(dns.begin(), dns.end(), [&](const auto& one) { return covers(one, name); }) ||
        std::find(addresses.begin(), addresses.end(), name) != addresses.end();
    if (!named) {
        return fail(kCertificate,
                    where + "is not for \"" + name + "\" (its subjectAltName names " +
                        (dns.empty() ? "no host" : dns.front()) +
                        "): get one for that name, or set --public-host.");
    }
    auto keyText = PCG_TRY(contentsOf(kKey, keyFile));
    net::CertificateAndKey identity{std::move(pem), Secret::takeText(keyText)};
    const auto usable = net::TlsServerContext::create(identity);
    if (!usable) {
        return fail(kKey,
                    "The key in " + keyFile.string() + " and the certificate in " +
                        certificateFile.string() +
                        " cannot be used together: " + usable.error().message());
    }
    return identity;
}

}  // namespace pcg::controlplane
