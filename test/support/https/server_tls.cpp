// SPDX-License-Identifier: Apache-2.0
#include "test/support/https/server_tls.h"

#include "common/crypto/certificate_authority.h"
#include "common/crypto/ec_key.h"

#include <chrono>
#include <fstream>

namespace pcg::test {

Result<std::shared_ptr<const net::TlsServerContext>> loopbackServerTls(const std::string& name,
                                                                       const std::string& caFile) {
    const WallTime now = std::chrono::system_clock::now();
    auto root = PCG_TRY(crypto::CertificateAuthority::createRoot(name, now));
    const auto key = PCG_TRY(crypto::EcKey::generate(crypto::EcCurve::P256));
    crypto::ServerProfile profile;
    profile.ipAddresses = {"127.0.0.1"};
    profile.dnsNames = {"localhost"};
    const auto leaf = PCG_TRY(root.issueServer(key.publicSpki(), profile, now));
    std::ofstream(caFile) << root.certificate().pem();
    auto keyPem = PCG_TRY(key.toPem());
    net::CertificateAndKey identity{leaf.pem(), std::move(keyPem)};
    auto context = PCG_TRY(net::TlsServerContext::create(identity));
    return std::make_shared<const net::TlsServerContext>(std::move(context));
}

}  // namespace pcg::test
