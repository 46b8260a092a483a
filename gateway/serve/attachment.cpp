// SPDX-License-Identifier: Apache-2.0
#include "gateway/serve/attachment.h"

#include "common/base/assert.h"
#include "common/identity/nats_jwt.h"
#include "gateway/enrollment/errc.h"

namespace pcg::gateway {
namespace {

constexpr std::uint16_t kBusPort = 4222;
constexpr std::uint16_t kHttpsPort = 443;
constexpr std::chrono::milliseconds kLinkDrain{2000};

// The nkey stays in the enrolment's record; the link only ever gets signatures.
LinkCredentials::Sign signerOf(const Enrollment& enrollment) {
    return [&enrollment](std::string_view nonce) -> Result<Bytes> {
        return toBytes(PCG_TRY(enrollment.record().keys.nkey.sign(asBytes(nonce))));
    };
}

Result<std::shared_ptr<net::Dialer>> dialerFor(const EnrollmentRecord& record,
                                               const WayOut& wayOut) {
    const auto& bundle = record.provisioned->bundle;
    auto key = PCG_TRY(record.keys.tls.toPem());
    net::CertificateAndKey identity{bundle.clientCertChain, std::move(key)};
    auto context =
        PCG_TRY(net::TlsClientContext::create(net::TrustCa{bundle.bus.ca}, std::move(identity)));
    return wayOut.strictDialer(std::move(context));
}

Result<ControlLinkOptions> linkOptions(const AttachmentParts& parts) {
    const auto& record = parts.enrollment.record();
    const auto& bus = record.provisioned->bundle.bus;
    std::vector<net::Target> brokers;
    std::vector<net::Target> tlsFirst;
    std::vector<net::Target> webSockets;
    for (const auto& url : bus.urls) {
        if (url.starts_with("wss://"))
            webSockets.push_back(PCG_TRY(net::targetOfUrl(url, kHttpsPort)));
        else if (url.starts_with("tls-first://"))
            tlsFirst.push_back(PCG_TRY(net::targetOfUrl(url, kHttpsPort)));
        else
            brokers.push_back(PCG_TRY(net::targetOfUrl(url, kBusPort)));
    }
    if (brokers.empty() && tlsFirst.empty() && webSockets.empty()) {
        return fail(kPapers,
                    "The papers of this gateway name no message bus. Unpair it and pair again.");
    }
    auto gateway = PCG_TRY(wire::parseGatewayId(record.keys.gatewayId()));
    auto nkey = PCG_TRY(wire::parseUserNkey(record.keys.nkey.publicKey().text()));
    return ControlLinkOptions{.brokers = std::move(brokers),
                              .tlsFirst = std::move(tlsFirst),
                              .webSockets = std::move(webSockets),
                              .worked = parts.worked,
                              .onTransport = parts.onTransport,
                              .identity = {.gateway = std::move(gateway),
                                           .nkey = std::move(nkey),
                                           .instance = wire::newId<wire::InstanceId>(parts.random),
                                           .boot = parts.boot,
                                           .version = parts.version,
                                           .hostname = parts.hostname,
                                           .auditHeads = parts.auditHeads,
                                           .uploads = parts.uploads}};
}

WallTime endOf(const std::string& userJwt) {
    const auto jwt = identity::verifyUserJwt(userJwt);
    if (!jwt || !jwt->expires) return WallTime::max();
    return fromUnixMilliseconds(*jwt->expires * 1000);
}

}  // namespace

Result<std::shared_ptr<Attachment>> Attachment::create(AttachmentParts parts) {
    const auto& record = parts.enrollment.record();
    PCG_ASSERT(record.provisioned.has_value());
    auto options = PCG_TRY(linkOptions(parts));
    const auto nkey = options.identity.nkey;
    const auto instance = options.identity.instance;
    std::shared_ptr<Attachment> made(new Attachment());
    made->jwt_ = record.provisioned->bundle.bus.userJwt;
    made->certificateChain_ = record.provisioned->bundle.clientCertChain;
    made->onLink_ = std::move(parts.onLink);
    made->number_ = parts.number;
    auto credentials =
        std::make_shared<LinkCredentials>(nkey.text(), made->jwt_, signerOf(parts.enrollment));
    made->link_ = std::make_unique<ControlLink>(parts.loop,
                                                PCG_TRY(dialerFor(record, parts.wayOut)),
                                                std::move(options),
                                                std::move(credentials),
                                                parts.random,
                                                parts.clock,
                                                std::move(parts.events));
    made->acceptor_ = std::make_unique<tunnel::Acceptor>(
        parts.loop, made->link_->bus(), nkey, instance, parts.pool, std::move(parts.handler));
    return made;
}

Result<> Attachment::start() {
    // The bus is a member of the link, and calls nobody once it is stopped.
    link_->bus().observe(
        {.onState = [this](bus::LinkState state, const std::string&) { onLinkState(state); },
         .onWritable = {}});
    PCG_TRY(acceptor_->start());
    return link_->start();
}

void Attachment::onLinkState(bus::LinkState state) {
    if (state == bus::LinkState::Up) tokenEnds_ = endOf(jwt_);
    if (onLink_) onLink_(state);
}

void Attachment::renewJwt(const std::string& jwt) {
    jwt_ = jwt;
    link_->renewJwt(jwt);
}

net::Task<void> Attachment::stop(std::chrono::milliseconds drain) {
    onLink_ = nullptr;
    co_await acceptor_->stop(drain);
    co_await link_->stop(kLinkDrain);
}

}  // namespace pcg::gateway
