// SPDX-License-Identifier: Apache-2.0
#include "test/integration/broker/broker_lab.h"

#include "common/codec/base64url.h"
#include "common/wire/subjects.h"
#include "controlplane-sim/broker/broker_config.h"
#include "controlplane-sim/broker/child_process.h"
#include "controlplane-sim/broker/ports_file.h"
#include "controlplane-sim/issuer/account_publisher.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <stdexcept>

namespace pcg::test {

using controlplane::broker::NatsServerProcess;

namespace {

// A lab that cannot be built makes every test void.
template <class T>
T must(Result<T> result) {
    if (!result) throw std::runtime_error(result.error().message());
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

}  // namespace

BrokerLab::BrokerLab() {
    pki_ = std::make_unique<controlplane::Pki>(
        must(controlplane::Pki::open(storage(), clock_.wallNow())));
    issuer_ = must(controlplane::issuer::Issuer::open(storage(), random_, clock_));
    const auto server = must(pki_->serverIdentity({"localhost"}, {"127.0.0.1"}, clock_.wallNow()));
    NatsServerProcess::Options options;
    options.executable = must(controlplane::broker::findNatsServer());
    options.directory = directory_ / "broker";
    std::filesystem::create_directories(options.directory);
    options.settings.certificateChain = options.directory / "server.pem";
    options.settings.privateKey = options.directory / "server.key";
    options.settings.clientAuthorities = options.directory / "clients.pem";
    options.settings.accountsDirectory = options.directory / "accounts";
    must(
        controlplane::broker::writePrivateFile(options.settings.certificateChain, server.chainPem));
    must(controlplane::broker::writePrivateFile(options.settings.privateKey,
                                                server.keyPem.revealText()));
    must(controlplane::broker::writePrivateFile(
        options.settings.clientAuthorities,
        pki_->gatewayAuthority().certificate().pem() + pki_->rootPem()));
    options.settings.operatorJwt = must(issuer_->operatorJwt());
    options.settings.systemAccount = issuer_->systemAccount();
    options.settings.systemAccountJwt = must(issuer_->systemAccountJwt());
    broker_ = must(NatsServerProcess::start(std::move(options), {}, random_));
    must(broker_->waitReady(std::chrono::seconds(20)));
    system_ = connect(systemLogin());
}

controlplane::PkiStorage BrokerLab::storage() {
    return {[this](const std::string& name) -> Result<std::optional<Secret>> {
                const auto found = stored_.find(name);
                if (found == stored_.end()) return std::nullopt;
                return Secret(found->second);
            },
            [this](const std::string& name, const Secret& value) -> Result<> {
                stored_[name] = toBytes(value.reveal());
                return {};
            }};
}

wire::TenantId BrokerLab::newTenant() {
    auto tenant = wire::newId<wire::TenantId>(random_);
    must(issuer_->openTenant(storage(), tenant, 2, {}));
    if (const auto objection = pushTenant(tenant); !objection.empty())
        throw std::runtime_error(objection);
    return tenant;
}

LabGateway BrokerLab::newGateway(const wire::TenantId& tenant) {
    return {must(identity::UserKeyPair::generate(random_)), tenant};
}

NatsLogin BrokerLab::loginOf(const wire::TenantId& /*tenant*/,
                             std::shared_ptr<const bus::BusCredentials> user) {
    NatsLogin login;
    login.port = port();
    login.caPem = pki_->rootPem();
    login.identity = must(pki_->platformClientIdentity(clock_.wallNow()));
    login.jwt = user->userJwt();
    login.sign = [user](std::string_view nonce) { return user->signNonce(nonce); };
    return login;
}

NatsLogin BrokerLab::loginOf(const LabGateway& gateway) {
    NatsLogin login;
    login.port = port();
    login.caPem = pki_->rootPem();
    login.identity = must(pki_->platformClientIdentity(clock_.wallNow()));
    login.jwt =
        must(issuer_->gatewayJwt(gateway.tenant, wire::UserNkey::unchecked(gateway.nkey())));
    login.sign = [&gateway](std::string_view nonce) -> Result<Bytes> {
        const auto signature = PCG_TRY(gateway.key.sign(asBytes(nonce)));
        return Bytes(signature.begin(), signature.end());
    };
    login.inboxPrefix = gateway.prefix() + ".inbox";
    return login;
}

NatsLogin BrokerLab::controlPlaneLogin(const wire::TenantId& tenant) {
    auto login = loginOf(tenant, must(issuer_->controlPlaneUser(tenant)));
    login.inboxPrefix = wire::kControlPlaneInboxPrefix;
    return login;
}

NatsLogin BrokerLab::systemLogin() {
    auto login = loginOf(wire::newId<wire::TenantId>(random_), must(issuer_->systemUser()));
    login.inboxPrefix = controlplane::issuer::kSystemInboxPrefix;
    return login;
}

std::unique_ptr<NatsClient> BrokerLab::connect(const NatsLogin& login) {
    return must(NatsClient::connect(login));
}

std::string BrokerLab::push(const std::string& accountJwt) {
    const auto answer = system_->request("$SYS.REQ.CLAIMS.UPDATE", accountJwt);
    if (!answer) return answer.error().message();
    const auto taken = controlplane::issuer::readClaimsAnswer(asBytes(*answer));
    return taken ? "" : taken.error().message();
}

std::string BrokerLab::pushTenant(const wire::TenantId& tenant) {
    return push(must(issuer_->accountJwt(tenant)));
}

const controlplane::issuer::TenantSeeds BrokerLab::seedsOf(const wire::TenantId& tenant) {
    return must(controlplane::issuer::TenantSeeds::fromSecret(
        Secret(stored_.at("bus.tenant." + tenant.text()))));
}

std::string signUserToken(const identity::AccountKeyPair& signer,
                          const std::string& subject,
                          const std::string& name,
                          const std::string& natsClaims,
                          std::optional<std::int64_t> expires) {
    std::string payload = "{";
    if (expires) payload += "\"exp\":" + std::to_string(*expires) + ",";
    payload += "\"jti\":\"TEST\",\"iat\":" +
               std::to_string(identity::toUnixSeconds(SystemClock().wallNow()) - 60) +
               ",\"iss\":\"" + signer.publicKey().text() + "\",\"name\":\"" + name +
               "\",\"sub\":\"" + subject + "\",\"nats\":" + natsClaims + "}";
    auto token = codec::base64UrlEncode(asBytes(R"({"typ":"JWT","alg":"ed25519-nkey"})")) + "." +
                 codec::base64UrlEncode(asBytes(payload));
    const auto signature = must(signer.sign(asBytes(token)));
    return token + "." + codec::base64UrlEncode(signature);
}

std::string httpGet(std::uint16_t port, const std::string& path) {
    namespace asio = boost::asio;
    asio::io_context context;
    asio::ip::tcp::socket socket(context);
    socket.connect({asio::ip::address_v4::loopback(), port});
    asio::write(socket, asio::buffer("GET " + path + " HTTP/1.0\r\nHost: localhost\r\n\r\n"));
    std::string text;
    boost::system::error_code error;
    asio::read(socket, asio::dynamic_buffer(text), error);
    return text;
}

}  // namespace pcg::test
