// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/broker_papers.h"

#include "controlplane-sim/broker/ports_file.h"

namespace pcg::controlplane {

Result<broker::BrokerSettings> brokerTokens(const issuer::Issuer& issuer) {
    broker::BrokerSettings settings;
    settings.operatorJwt = PCG_TRY(issuer.operatorJwt());
    settings.systemAccount = issuer.systemAccount();
    settings.systemAccountJwt = PCG_TRY(issuer.systemAccountJwt());
    return settings;
}

Result<broker::BrokerSettings> brokerSettings(const store::StateDir& dir,
                                              const issuer::Issuer& issuer,
                                              const Pki& pki,
                                              WallTime now) {
    const auto folder = dir / "broker";
    std::error_code ignored;  // writing below says what is wrong
    std::filesystem::create_directories(folder, ignored);
    const auto identity = PCG_TRY(pki.serverIdentity({"localhost"}, {"127.0.0.1"}, now));
    auto settings = PCG_TRY(brokerTokens(issuer));
    settings.certificateChain = folder / "server.pem";
    settings.privateKey = folder / "server.key";
    settings.clientAuthorities = folder / "clients.pem";
    settings.accountsDirectory = folder / "accounts";
    settings.webSocketHost = settings.host;
    PCG_TRY(broker::writePrivateFile(settings.certificateChain, identity.chainPem));
    PCG_TRY(broker::writePrivateFile(settings.privateKey, identity.keyPem.revealText()));
    PCG_TRY(broker::writePrivateFile(settings.clientAuthorities, pki.gatewayAuthorityPem()));
    return settings;
}

Result<net::CertificateAndKey> brokerIdentity(const Pki& pki,
                                              const std::vector<std::string>& names,
                                              WallTime now) {
    std::vector<std::string> dns;
    std::vector<std::string> addresses;
    for (const auto& name : names) {
        boost::system::error_code notAnAddress;
        net::asio::ip::make_address(name, notAnAddress);
        (notAnAddress ? dns : addresses).push_back(name);
    }
    return pki.serverIdentity(dns, addresses, now);
}

}  // namespace pcg::controlplane
