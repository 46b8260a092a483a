// SPDX-License-Identifier: Apache-2.0
#include "common/net/tls_context.h"

#include "common/base/text.h"
#include "common/net/connect.h"
#include "common/net/errc.h"
#include "common/net/tls_certificates.h"

#include <boost/asio/ssl/error.hpp>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/tls1.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

namespace pcg::net {
namespace {

constexpr const char* kSuites13 =
    "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256";
constexpr const char* kSuites12 =
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256";
constexpr const char* kGroups = "X25519:P-256:P-384";

Result<> applyPolicy(SSL_CTX* context) {
    SSL_CTX_set_security_level(context, 2);
    const bool applied = SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
                         SSL_CTX_set_ciphersuites(context, kSuites13) == 1 &&
                         SSL_CTX_set_cipher_list(context, kSuites12) == 1 &&
                         SSL_CTX_set1_groups_list(context, kGroups) == 1;
    if (!applied) return fail(kTlsMaterial, "OpenSSL refuses the TLS policy: " + openSslReason());
    SSL_CTX_set_options(context,
                        SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET |
                            SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_num_tickets(context, 0);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    return {};
}

int failureIndex() {
    static const int index = SSL_get_ex_new_index(
        0, nullptr, nullptr, nullptr, [](void*, void* pointer, CRYPTO_EX_DATA*, int, long, void*) {
            delete static_cast<TlsFailure*>(pointer);
        });
    return index;
}

TlsFailure& failureOf(SSL* ssl) {
    return *static_cast<TlsFailure*>(SSL_get_ex_data(ssl, failureIndex()));
}

bool verifyAgainstRootPin(X509_STORE_CTX* store, const TrustRootPin& trust, TlsFailure& failure) {
    STACK_OF(X509)* presented = X509_STORE_CTX_get0_untrusted(store);
    const X509Stack anchors(sk_X509_new_null());
    for (int i = 0; presented != nullptr && i < sk_X509_num(presented); ++i) {
        X509* certificate = sk_X509_value(presented, i);
        if (X509_check_ca(certificate) == 0) continue;
        const Sha256 spki = spkiSha256(certificate);
        for (const Sha256& pin : trust.spki) {
            if (spki == pin) sk_X509_push(anchors.get(), certificate);
        }
    }
    if (sk_X509_num(anchors.get()) == 0) {
        failure.pinMismatch = true;
        X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_UNTRUSTED);
        return false;
    }
    // The pin may name an intermediate that was cross-signed, hence the partial chain.
    X509_STORE_CTX_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
    X509_STORE_CTX_set0_trusted_stack(store, anchors.get());
    return X509_verify_cert(store) == 1;
}

// By name only: it is for a message.
std::optional<PresentedCertificate> shownIssuerOf(X509_STORE_CTX* store, X509* leaf) {
    STACK_OF(X509)* shown = X509_STORE_CTX_get0_untrusted(store);
    for (int i = 0; shown != nullptr && i < sk_X509_num(shown); ++i) {
        X509* candidate = sk_X509_value(shown, i);
        if (X509_NAME_cmp(X509_get_subject_name(candidate), X509_get_issuer_name(leaf)) == 0)
            return describeCertificate(candidate);
    }
    return std::nullopt;
}

bool verifyPeer(X509_STORE_CTX* store, const Trust& trust, TlsFailure& failure) {
    X509* leaf = X509_STORE_CTX_get0_cert(store);
    if (leaf == nullptr) return false;
    failure.presented = describeCertificate(leaf);
    failure.issuer = shownIssuerOf(store, leaf);
    if (const auto* pin = std::get_if<TrustLeafPin>(&trust)) {
        if (failure.presented->sha256 == pin->certificate) return true;
        failure.pinMismatch = true;
        X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_UNTRUSTED);
        return false;
    }
    if (const auto* roots = std::get_if<TrustRootPin>(&trust)) {
        return verifyAgainstRootPin(store, *roots, failure);
    }
    return X509_verify_cert(store) == 1;
}

int verifyCallback(X509_STORE_CTX* store, void* argument) {
    auto* ssl =
        static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
    TlsFailure& failure = failureOf(ssl);
    const bool ok = verifyPeer(store, *static_cast<const Trust*>(argument), failure);
    failure.verifyResult = ok ? X509_V_OK : X509_STORE_CTX_get_error(store);
    return ok ? 1 : 0;
}

// An expired certificate proves nothing, so it counts as none: the verify result stays, and
// peerCertificate() returns nothing. Cutting the handshake would tell the client of a broken
// network; so whoever it calls can say what is wrong.
int tolerateExpiry(int verified, X509_STORE_CTX* store) {
    const bool leafExpired = X509_STORE_CTX_get_error_depth(store) == 0 &&
                             X509_STORE_CTX_get_error(store) == X509_V_ERR_CERT_HAS_EXPIRED;
    return verified == 1 || leafExpired ? 1 : 0;
}

std::string describe(const PresentedCertificate& certificate) {
    return "the certificate with SHA-256 " + certificate.sha256Hex() + " (subject \"" +
           certificate.subject + "\", issuer \"" + certificate.issuer + "\", valid from " +
           certificate.notBefore + " to " + certificate.notAfter + ")";
}

Error explainCertificate(const std::string& peer, const TlsFailure& failure) {
    const std::string what = peer + " presented " + describe(*failure.presented);
    const std::string pinning = "; if it is the right one, trust its CA or pin this SHA-256";
    if (failure.pinMismatch) {
        return Error(kTlsPinMismatch,
                     what +
                         ", which does not match the pin; nothing was sent. Either the "
                         "certificate was replaced or something between intercepts TLS" +
                         pinning);
    }
    if (failure.verifyResult == X509_V_ERR_HOSTNAME_MISMATCH ||
        failure.verifyResult == X509_V_ERR_IP_ADDRESS_MISMATCH) {
        return Error(kTlsHostname,
                     what +
                         ", which does not name this host in its subjectAltName; nothing was "
                         "sent. Use the name that the certificate holds, or pin this SHA-256");
    }
    if (failure.verifyResult == X509_V_ERR_CERT_HAS_EXPIRED ||
        failure.verifyResult == X509_V_ERR_CERT_NOT_YET_VALID) {
        return Error(kTlsExpired,
                     what +
                         ", which is not valid now; nothing was sent. Renew it, or check the "
                         "clocks of both machines");
    }
    return Error(kTlsUntrusted,
                 what + ", which is not trusted (" +
                     X509_verify_cert_error_string(failure.verifyResult) + "); nothing was sent" +
                     pinning);
}

Result<> setUpServer(SSL_CTX* context,
                     const CertificateAndKey& identity,
                     ClientCertificates clients,
                     const std::string& clientCaPem) {
    PCG_TRY(applyPolicy(context));
    PCG_TRY(useIdentity(context, identity));
    if (clients == ClientCertificates::NotAsked) return {};
    PCG_TRY(addTrustedPem(context, clientCaPem));
    const int required =
        clients == ClientCertificates::Required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0;
    SSL_CTX_set_verify(context,
                       SSL_VERIFY_PEER | required,
                       clients == ClientCertificates::Optional ? &tolerateExpiry : nullptr);
    return {};
}

// Belongs to the context that it is set on, and so lives as long as its last stream.
struct NameChoice {
    explicit NameChoice(std::string name) : serverName(std::move(name)) {}

    std::string serverName;
    asio::ssl::context context{asio::ssl::context::tls_server};
};

int choiceIndex() {
    static const int index = SSL_CTX_get_ex_new_index(
        0, nullptr, nullptr, nullptr, [](void*, void* pointer, CRYPTO_EX_DATA*, int, long, void*) {
            delete static_cast<NameChoice*>(pointer);
        });
    return index;
}

// Whose certificates clients must bring was settled before, and is the same for both.
int chooseByName(SSL* ssl, int*, void*) {
    auto* choice =
        static_cast<NameChoice*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), choiceIndex()));
    const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    if (choice == nullptr || name == nullptr || !equalsIgnoreCaseAscii(name, choice->serverName))
        return SSL_TLSEXT_ERR_NOACK;
    SSL_set_SSL_CTX(ssl, choice->context.native_handle());
    return SSL_TLSEXT_ERR_OK;
}

}  // namespace

struct TlsClientContext::State {
    explicit State(Trust whom) : context(asio::ssl::context::tls_client), trust(std::move(whom)) {}

    asio::ssl::context context;
    Trust trust;
};

Result<TlsClientContext> TlsClientContext::create(Trust trust,
                                                  std::optional<CertificateAndKey> identity) {
    auto state = std::make_shared<State>(std::move(trust));
    SSL_CTX* native = state->context.native_handle();
    PCG_TRY(applyPolicy(native));
    if (const auto* ca = std::get_if<TrustCa>(&state->trust))
        PCG_TRY(addTrustedPem(native, ca->pem));
    if (const auto* pins = std::get_if<TrustRootPin>(&state->trust);
        pins != nullptr && pins->spki.empty()) {
        return fail(kTlsMaterial, "the list of pinned roots is empty; give at least one SHA-256");
    }
    if (identity) PCG_TRY(useIdentity(native, *identity));
    SSL_CTX_set_verify(native, SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_cert_verify_callback(native, &verifyCallback, &state->trust);
    return TlsClientContext(std::move(state));
}

std::unique_ptr<TlsStream> TlsClientContext::newStream(TcpSocket socket,
                                                       const std::string& host) const {
    auto stream = std::make_unique<TlsStream>(std::move(socket), state_->context);
    SSL* ssl = stream->native_handle();
    SSL_set_ex_data(ssl, failureIndex(), new TlsFailure);
    if (std::holds_alternative<TrustLeafPin>(state_->trust)) SSL_set_purpose(ssl, X509_PURPOSE_ANY);
    X509_VERIFY_PARAM* parameters = SSL_get0_param(ssl);
    boost::system::error_code notAnAddress;
    asio::ip::make_address(host, notAnAddress);
    if (notAnAddress) {
        SSL_ctrl(ssl,
                 SSL_CTRL_SET_TLSEXT_HOSTNAME,
                 TLSEXT_NAMETYPE_host_name,
                 const_cast<char*>(host.c_str()));
        X509_VERIFY_PARAM_set1_host(parameters, host.data(), host.size());
    } else {
        X509_VERIFY_PARAM_set1_ip_asc(parameters, host.c_str());
    }
    X509_VERIFY_PARAM_set_hostflags(
        parameters, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return stream;
}

const TlsFailure& TlsClientContext::failure(TlsStream& stream) {
    return failureOf(stream.native_handle());
}

Error TlsClientContext::explain(TlsStream& stream,
                                const std::string& peer,
                                const boost::system::error_code& error) {
    const TlsFailure& seen = failure(stream);
    if (seen.presented && seen.verifyResult != X509_V_OK) return explainCertificate(peer, seen);
    if (error.category() == asio::error::get_ssl_category()) {
        return Error(kTlsProtocol,
                     "no TLS session with " + peer + ": " + error.message() +
                         "; it must offer TLS 1.2 or 1.3 with an AEAD suite");
    }
    if (error == asio::ssl::error::stream_truncated || error == asio::error::eof) {
        return Error(kClosed, peer + " closed the connection during the TLS handshake");
    }
    return describeSocketError(error, peer);
}

Result<TlsServerContext> TlsServerContext::create(const CertificateAndKey& identity,
                                                  ClientCertificates clients,
                                                  const std::string& clientCaPem) {
    auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server);
    PCG_TRY(setUpServer(context->native_handle(), identity, clients, clientCaPem));
    return TlsServerContext(std::move(context));
}

Result<TlsServerContext> TlsServerContext::create(const CertificateAndKey& identity,
                                                  const NamedIdentity& named,
                                                  ClientCertificates clients,
                                                  const std::string& clientCaPem) {
    auto made = PCG_TRY(create(identity, clients, clientCaPem));
    auto choice = std::make_unique<NameChoice>(named.serverName);
    PCG_TRY(setUpServer(choice->context.native_handle(), named.identity, clients, clientCaPem));
    SSL_CTX* native = made.context_->native_handle();
    if (SSL_CTX_set_ex_data(native, choiceIndex(), choice.get()) != 1)
        return fail(kTlsMaterial, "OpenSSL takes no second identity: " + openSslReason());
    choice.release();
    SSL_CTX_callback_ctrl(
        native, SSL_CTRL_SET_TLSEXT_SERVERNAME_CB, reinterpret_cast<void (*)()>(&chooseByName));
    return made;
}

std::unique_ptr<TlsStream> TlsServerContext::newStream(TcpSocket socket) const {
    return std::make_unique<TlsStream>(std::move(socket), *context_);
}

std::optional<PresentedCertificate> peerCertificate(TlsStream& stream) {
    const X509Ptr certificate(SSL_get1_peer_certificate(stream.native_handle()));
    if (!certificate || SSL_get_verify_result(stream.native_handle()) != X509_V_OK)
        return std::nullopt;
    return describeCertificate(certificate.get());
}

std::string describeSession(TlsStream& stream) {
    SSL* ssl = stream.native_handle();
    return std::string(SSL_get_version(ssl)) + " " + SSL_get_cipher_name(ssl);
}

}  // namespace pcg::net
