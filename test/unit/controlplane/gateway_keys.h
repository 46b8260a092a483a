// SPDX-License-Identifier: Apache-2.0
// A gateway's keys for tests of the other side of a pairing, and what it says of itself.
#pragma once

#include "common/base/clock.h"
#include "common/crypto/csr.h"
#include "pairing/messages.h"
#include "pairing/responder.h"

namespace pcg::controlplane::test {

inline const std::string kNkey = "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4";

struct GatewayKeys {
    crypto::EcKey device = *crypto::EcKey::generate(crypto::EcCurve::P256);
    crypto::EcKey tls = *crypto::EcKey::generate(crypto::EcCurve::P256);
    std::string id = pairing::gatewayIdOf(device.publicSpki());
    Bytes csr = *crypto::createCsr(tls, "gateway");

    std::string offer(const std::string& nameplate, Random& random) const {
        pairing::Offer offer;
        offer.gatewayId = id;
        offer.deviceSpki = device.publicSpki();
        offer.nameplate = nameplate;
        offer.bootNonce = random.array<32>();
        offer.softwareVersion = "0.1.0";
        offer.at = toUnixMilliseconds(SystemClock().wallNow());
        return offer.write();
    }

    pairing::GatewayFacts facts() const {
        pairing::GatewayFacts facts;
        facts.gatewayId = id;
        facts.deviceSpkiSha256 = crypto::sha256(device.publicSpki());
        facts.hostname = "dc1";
        facts.softwareVersion = "0.1.0";
        facts.nkeyPub = kNkey;
        facts.csrSha256 = crypto::sha256(csr);
        return facts;
    }
};

}  // namespace pcg::controlplane::test
