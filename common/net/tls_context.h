// SPDX-License-Identifier: Apache-2.0
// TLS as the product speaks it: 1.2 and 1.3, AEAD suites with forward secrecy, groups
// X25519/P-256/P-384, no renegotiation, no compression, no tickets, no session cache, security
// level 2. The system's trust store is never read: whom to trust is always said by the caller, and
// is checked inside the handshake, so that no octet of payload (a password, a JWT) is written to
// somebody else.
//
// Contexts are immutable, cheap to copy and may be used by any number of streams of one loop
// thread. Sources: RFC 8446, RFC 5246 with RFC 5288, RFC 6125 (CN is never looked at), OpenSSL 3.0
// SSL_CTX(3).
#pragma once

#include "common/base/bytes.h"
#include "common/base/result.h"
#include "common/base/secret.h"
#include "common/net/tls_stream.h"

#include <memory>
#include <optional>
#include <string>
#include <variant>

namespace pcg::net {

using Sha256 = ByteArray<32>;

// 64 hex digits, either case, colons between octets allowed ("AB:CD:..."); SHA-1 thumbprints are
// refused.
Result<Sha256> parseSha256Pin(std::string_view text);

// Chain to one of these certificates, and the name must be in the leaf's SAN (DNS or IP).
struct TrustCa {
    std::string pem;
};

// The chain as presented must hold a CA certificate whose SubjectPublicKeyInfo hashes to one of
// these; it is the anchor, and chain, dates and name are then checked as for TrustCa. The server
// must send its root.
struct TrustRootPin {
    std::vector<Sha256> spki;
};

// Exactly this leaf certificate (SHA-256 of its DER). Name, dates and issuer do not matter: the pin
// says more.
struct TrustLeafPin {
    Sha256 certificate;
};

using Trust = std::variant<TrustCa, TrustRootPin, TrustLeafPin>;

struct CertificateAndKey {
    std::string chainPem;  // leaf first
    Secret keyPem;
};

// What a peer showed, so that a message can name it.
struct PresentedCertificate {
    std::string subject;
    std::string issuer;
    Sha256 sha256;          // of the leaf's DER
    std::string notBefore;  // as OpenSSL prints them, GMT
    std::string notAfter;
    Bytes der;

    std::string sha256Hex() const;
};

struct TlsFailure {
    std::optional<PresentedCertificate> presented;
    std::optional<PresentedCertificate> issuer;  // of it, if that was shown, too
    int verifyResult = 0;  // X509_V_ERR_*, 0 = the certificate was not the reason
    bool pinMismatch = false;
};

class TlsClientContext {
  public:
    // net.tls_material when a PEM text or the key cannot be used; says which.
    static Result<TlsClientContext> create(
        Trust trust, std::optional<CertificateAndKey> identity = std::nullopt);

    // A stream that will verify `host` (a name or an IP literal) and send it as SNI when it is a
    // name.
    std::unique_ptr<TlsStream> newStream(TcpSocket socket, const std::string& host) const;

    // What the verification saw, of a stream made by newStream.
    static const TlsFailure& failure(TlsStream& stream);

    // The handshake's error as a sentence that names the certificate and how to pin it.
    static Error explain(TlsStream& stream,
                         const std::string& peer,
                         const boost::system::error_code& error);

  private:
    struct State;

    explicit TlsClientContext(std::shared_ptr<State> state) : state_(std::move(state)) {}

    std::shared_ptr<State> state_;
};

enum class ClientCertificates { NotAsked, Optional, Required };

// For clients that ask for this name (SNI), and for nobody else.
struct NamedIdentity {
    std::string serverName;  // compared without regard to case
    CertificateAndKey identity;
};

class TlsServerContext {
  public:
    // `clientCaPem`: who may issue client certificates; needed unless NotAsked. One that does not
    // verify ends the handshake; if Optional, one whose time is over counts as none presented.
    static Result<TlsServerContext> create(
        const CertificateAndKey& identity,
        ClientCertificates clients = ClientCertificates::NotAsked,
        const std::string& clientCaPem = {});

    // With a second identity: clients that name another server, or none, are shown `identity`.
    static Result<TlsServerContext> create(const CertificateAndKey& identity,
                                           const NamedIdentity& named,
                                           ClientCertificates clients,
                                           const std::string& clientCaPem);

    std::unique_ptr<TlsStream> newStream(TcpSocket socket) const;

  private:
    explicit TlsServerContext(std::shared_ptr<asio::ssl::context> context)
        : context_(std::move(context)) {}

    std::shared_ptr<asio::ssl::context> context_;
};

// The leaf that the peer presented and the context verified; nothing if it presented none.
std::optional<PresentedCertificate> peerCertificate(TlsStream& stream);

// "TLSv1.3 TLS_AES_128_GCM_SHA256".
std::string describeSession(TlsStream& stream);

// SHA-256 of the SubjectPublicKeyInfo of the first certificate in the PEM text: what TrustRootPin
// wants.
Result<Sha256> spkiSha256OfPem(const std::string& certificatePem);

}  // namespace pcg::net
