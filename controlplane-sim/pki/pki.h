// SPDX-License-Identifier: Apache-2.0
// The control plane's authority and what it certifies: one root (P-384), under it an authority for
// its own servers, one for gateways, and the key that signs pairing bundles.
//
// Root and issuing keys are kept sealed and live as long as the state directory; server keys are
// made anew at each start and never stored. In production the root is offline; here it is only used
// when something below it is missing. Opened on the storage thread, immutable afterwards, free to
// be used from any thread.
#pragma once

#include "common/base/clock.h"
#include "common/crypto/certificate_authority.h"
#include "common/net/tls_context.h"
#include "controlplane-sim/lifetimes.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace pcg::controlplane {

// Where keys and certificates are kept, by name. The store's KeyVault in the program, a map in
// tests.
struct PkiStorage {
    std::function<Result<std::optional<Secret>>(const std::string& name)> get;
    std::function<Result<>(const std::string& name, const Secret& value)> put;
};

struct EnrollSigner {
    crypto::EcKey key;               // P-256
    crypto::CertificateChain chain;  // leaf, issuing, root
};

class Pki {
  public:
    // Loads what is there and makes what is missing.
    static Result<Pki> open(const PkiStorage& storage,
                            WallTime now,
                            std::chrono::seconds gatewayLifetime = Lifetimes{}.certificate);

    const crypto::Certificate& root() const { return root_; }

    // Who may issue client certificates: for servers that ask for one.
    std::string gatewayAuthorityPem() const { return gateways_.certificate().pem() + root_.pem(); }

    std::string rootPem() const { return root_.pem(); }

    const crypto::CertificateAuthority& gatewayAuthority() const { return gateways_; }

    const EnrollSigner& enrollSigner() const { return enroll_; }

    // Signs commands to gateways (welcome, unpair). P-256.
    const crypto::EcKey& commandKey() const { return command_; }

    // A fresh key and a leaf for these names, with the chain up to and including the root: peers
    // pin the root's key, so it must be shown.
    Result<net::CertificateAndKey> serverIdentity(const std::vector<std::string>& dnsNames,
                                                  const std::vector<std::string>& ipAddresses,
                                                  WallTime now) const;

    // What our own bus clients present to a broker that asks for a client certificate.
    Result<net::CertificateAndKey> platformClientIdentity(WallTime now) const;

    // "gateway chain": leaf first, as it goes into the pairing bundle.
    Result<crypto::CertificateChain> issueGateway(BytesView spki,
                                                  const std::string& tenantId,
                                                  const std::string& gatewayId,
                                                  WallTime now) const;

    static constexpr const char* kTrustDomain = "pcg";

  private:
    Pki(crypto::Certificate root,
        crypto::CertificateAuthority servers,
        crypto::CertificateAuthority gateways,
        EnrollSigner enroll,
        crypto::EcKey command,
        std::chrono::seconds gatewayLifetime)
        : root_(std::move(root)),
          servers_(std::move(servers)),
          gateways_(std::move(gateways)),
          enroll_(std::move(enroll)),
          command_(std::move(command)),
          gatewayLifetime_(gatewayLifetime) {}

    crypto::Certificate root_;
    crypto::CertificateAuthority servers_;
    crypto::CertificateAuthority gateways_;
    EnrollSigner enroll_;
    crypto::EcKey command_;
    std::chrono::seconds gatewayLifetime_;
};

}  // namespace pcg::controlplane
