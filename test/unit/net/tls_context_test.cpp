// SPDX-License-Identifier: Apache-2.0
// Whom the product's TLS talks to and whom it refuses (P29). A refused peer never sees a byte of
// payload.
#include "common/net/tls_context.h"

#include "common/net/dialer.h"
#include "common/net/errc.h"
#include "test/support/link/certificates.h"

#include <gtest/gtest.h>
#include <openssl/ssl.h>

namespace pcg::net {
namespace {

using test::LeafOptions;
using test::Pem;
using test::TestCa;

// A TLS server of the test's own making: any version, any suites.
class Peer {
  public:
    Peer(Loop& loop, const Pem& identity, const std::string& chain = {})
        : acceptor_(loop.get_executor(), {asio::ip::make_address("127.0.0.1"), 0}),
          context_(asio::ssl::context::tls_server) {
        const std::string certificates = identity.certificate + chain;
        context_.use_certificate_chain(asio::buffer(certificates));
        context_.use_private_key(asio::buffer(identity.key), asio::ssl::context::pem);
        SSL_CTX_set_security_level(native(), 0);
    }

    SSL_CTX* native() { return context_.native_handle(); }

    void start(Loop& loop) { asio::co_spawn(loop, serve(), asio::detached); }

    // For two connections at once.
    void startTwice(Loop& loop) {
        start(loop);
        start(loop);
    }

    Target target() const { return {"127.0.0.1", acceptor_.local_endpoint().port()}; }

    std::string received;
    std::string serverName;
    bool shookHands = false;

  private:
    Task<void> serve() {
        auto [acceptError, socket] = co_await acceptor_.async_accept(kAwaitTuple);
        if (acceptError) co_return;
        TlsStream stream(std::move(socket), context_);
        const auto [error] =
            co_await stream.async_handshake(asio::ssl::stream_base::server, kAwaitTuple);
        shookHands = !error;
        if (const char* name =
                SSL_get_servername(stream.native_handle(), TLSEXT_NAMETYPE_host_name)) {
            serverName = name;
        }
        char buffer[64];
        const auto room = asio::buffer(buffer);
        const auto [readError, size] = co_await stream.async_read_some(room, kAwaitTuple);
        if (!readError) received.assign(buffer, size);
    }

    TcpAcceptor acceptor_;
    asio::ssl::context context_;
};

struct TlsContext : testing::Test {
    static Task<void> sendTo(Dialer& dialer,
                             Target target,
                             std::optional<Result<std::string>>& out) {
        auto connection = co_await dialer.open(target);
        if (!connection) {
            out.emplace(fail(connection.error()));
            co_return;
        }
        const std::string secret = "a credential";
        const auto bytes = asio::buffer(secret);
        co_await asio::async_write(*connection->stream, bytes, kAwaitTuple);
        out.emplace(connection->session);
    }

    // The session's description, or why there is none.
    Result<std::string> talk(Peer& peer,
                             Trust trust,
                             const std::string& host = "127.0.0.1",
                             std::optional<CertificateAndKey> identity = std::nullopt) {
        auto context = TlsClientContext::create(std::move(trust), std::move(identity));
        if (!context) return fail(context.error());
        Dialer dialer(*context);
        peer.start(loop);
        Target target = peer.target();
        target.host = host;
        std::optional<Result<std::string>> out;
        asio::co_spawn(loop, sendTo(dialer, target, out), asio::detached);
        loop.restart();
        loop.run_for(std::chrono::seconds(10));
        return out ? *out : fail(kTimeout, "the test hung");
    }

    void expectRefused(Peer& peer, Trust trust, const ErrorCode& code) {
        const auto session = talk(peer, std::move(trust));
        ASSERT_FALSE(session) << *session;
        EXPECT_EQ(session.error().code().name(), code.name()) << session.error().message();
        EXPECT_EQ(peer.received, "");
    }

    Loop loop{1};
    TestCa ca;
};

// --- a box that inspects

struct Inspected : TlsContext {
    static Task<void> openInto(Dialer& dialer,
                               Target target,
                               std::optional<Result<TlsConnection>>& out) {
        out.emplace(co_await dialer.open(target));
    }

    Result<TlsConnection> open(Dialer& dialer, Target target) {
        std::optional<Result<TlsConnection>> out;
        asio::co_spawn(loop, openInto(dialer, target, out), asio::detached);
        loop.restart();
        while (!out && loop.run_one_for(std::chrono::seconds(10)) > 0) {
        }
        if (!out) return fail(kTimeout, "the test hung");
        return std::move(*out);
    }

    Dialer dialer(std::optional<TlsClientContext> accepted = std::nullopt) {
        Inspection inspection;
        inspection.onIntercepted = [this](const Interception& found) { seen.push_back(found); };
        inspection.onGenuine = [this](const Target&) { ++genuine; };
        inspection.accepted = std::move(accepted);
        return Dialer(*TlsClientContext::create(TrustCa{ca.pem()}),
                      std::make_shared<DirectRoute>(),
                      {},
                      std::move(inspection));
    }

    TestCa box{"Inspecting Box CA"};
    std::vector<Interception> seen;
    int genuine = 0;
};

TEST_F(Inspected, IsSaidWithTheIssuersNameItsHashAndWhatToAllow) {
    Peer peer(loop, box.issue(), box.pem());
    peer.start(loop);
    auto strict = dialer();
    const auto refused = open(strict, peer.target());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), kTlsIntercepted);
    ASSERT_EQ(seen.size(), 1U);
    EXPECT_EQ(seen[0].target, peer.target().text());
    EXPECT_EQ(seen[0].issuer, "CN=Inspecting Box CA");
    EXPECT_EQ(seen[0].issuerSha256.size(), 64U);
    for (const auto& part : {seen[0].issuer,
                             seen[0].issuerSha256,
                             "Allow " + peer.target().text() + " without TLS inspection"})
        EXPECT_NE(refused.error().message().find(part), std::string::npos)
            << refused.error().message();
    EXPECT_EQ(peer.received, "");
}

TEST_F(Inspected, AnExpiredCertificateOfTheRightAuthorityIsNoInterception) {
    LeafOptions old;
    old.validFromDays = -10;
    old.validToDays = -1;
    Peer peer(loop, ca.issue(old));
    peer.start(loop);
    auto strict = dialer();
    EXPECT_EQ(open(strict, peer.target()).error().code(), kTlsExpired);
    EXPECT_TRUE(seen.empty());
}

TEST_F(Inspected, IsBorneOnlyWhereItIsAllowedAndBySomebodyWhoIsNamed) {
    Peer peer(loop, box.issue(), box.pem());
    peer.startTwice(loop);
    auto allowing = dialer(*TlsClientContext::create(TrustCa{box.pem()}));
    const auto connection = open(allowing, peer.target());
    ASSERT_TRUE(connection) << connection.error().message();
    EXPECT_TRUE(connection->inspected);
    EXPECT_EQ(seen.size(), 1U);

    const TestCa another("Another Box CA");
    Peer stranger(loop, another.issue(), another.pem());
    stranger.startTwice(loop);
    EXPECT_EQ(open(allowing, stranger.target()).error().code(), kTlsIntercepted);
}

TEST_F(Inspected, TheRealEndIsTakenFirstAlsoWhereInspectionIsAllowed) {
    Peer peer(loop, ca.issue());
    peer.start(loop);
    auto allowing = dialer(*TlsClientContext::create(TrustCa{box.pem()}));
    const auto connection = open(allowing, peer.target());
    ASSERT_TRUE(connection) << connection.error().message();
    EXPECT_FALSE(connection->inspected);
    EXPECT_EQ(genuine, 1);
}

TEST_F(TlsContext, TrustsTheCaAndTheNameInTheSan) {
    Peer peer(loop, ca.issue());
    const auto session = talk(peer, TrustCa{ca.pem()});
    ASSERT_TRUE(session) << session.error().message();
    EXPECT_TRUE(session->starts_with("TLSv1.3 ")) << *session;
    EXPECT_EQ(peer.received, "a credential");
    EXPECT_EQ(peer.serverName, "");  // an address is not sent as SNI
}

TEST_F(TlsContext, SendsTheNameAsSni) {
    Peer peer(loop, ca.issue());
    ASSERT_TRUE(talk(peer, TrustCa{ca.pem()}, "localhost"));
    EXPECT_EQ(peer.serverName, "localhost");
}

TEST_F(TlsContext, RefusesAnotherCaAndNamesTheCertificate) {
    const TestCa other("Inspecting Box CA");
    Peer peer(loop, other.issue());
    const auto session = talk(peer, TrustCa{ca.pem()});
    ASSERT_FALSE(session);
    EXPECT_EQ(session.error().code(), kTlsUntrusted);
    for (const char* part :
         {"SHA-256", "Inspecting Box CA", "valid from", "pin", "nothing was sent"}) {
        EXPECT_NE(session.error().message().find(part), std::string::npos)
            << session.error().message();
    }
    EXPECT_EQ(peer.received, "");
}

TEST_F(TlsContext, RefusesAnotherName) {
    LeafOptions options;
    options.dnsNames = {"elsewhere.example"};
    options.addresses = {"192.0.2.1"};
    Peer peer(loop, ca.issue(options));
    expectRefused(peer, TrustCa{ca.pem()}, kTlsHostname);
}

TEST_F(TlsContext, RefusesANameThatStandsInTheCommonNameOnly) {
    LeafOptions options;
    options.commonName = "localhost";
    options.dnsNames = {};
    options.addresses = {};
    Peer peer(loop, ca.issue(options));
    const auto session = talk(peer, TrustCa{ca.pem()}, "localhost");
    ASSERT_FALSE(session);
    EXPECT_EQ(session.error().code(), kTlsHostname);
    EXPECT_EQ(peer.received, "");
}

TEST_F(TlsContext, RefusesAnExpiredCertificate) {
    LeafOptions options;
    options.validFromDays = -30;
    options.validToDays = -1;
    Peer peer(loop, ca.issue(options));
    expectRefused(peer, TrustCa{ca.pem()}, kTlsExpired);
}

TEST_F(TlsContext, RefusesASelfSignedCertificate) {
    Peer peer(loop, test::selfSigned());
    expectRefused(peer, TrustCa{ca.pem()}, kTlsUntrusted);
}

TEST_F(TlsContext, RefusesACertificateForClientsOnly) {
    LeafOptions options;
    options.extendedKeyUsage = "clientAuth";
    Peer peer(loop, ca.issue(options));
    expectRefused(peer, TrustCa{ca.pem()}, kTlsUntrusted);
}

TEST_F(TlsContext, RefusesTls11) {
    Peer peer(loop, ca.issue());
    SSL_CTX_set_max_proto_version(peer.native(), TLS1_1_VERSION);
    expectRefused(peer, TrustCa{ca.pem()}, kTlsProtocol);
}

TEST_F(TlsContext, RefusesCbcSuites) {
    Peer peer(loop, ca.issue());
    SSL_CTX_set_max_proto_version(peer.native(), TLS1_2_VERSION);
    SSL_CTX_set_cipher_list(peer.native(), "ECDHE-ECDSA-AES256-SHA384:ECDHE-ECDSA-AES128-SHA");
    expectRefused(peer, TrustCa{ca.pem()}, kTlsProtocol);
}

TEST_F(TlsContext, RefusesRsaKeyExchange) {
    LeafOptions options;
    options.rsa = true;
    Peer peer(loop, ca.issue(options));
    SSL_CTX_set_max_proto_version(peer.native(), TLS1_2_VERSION);
    SSL_CTX_set_cipher_list(peer.native(), "AES256-GCM-SHA384:AES128-GCM-SHA256");
    expectRefused(peer, TrustCa{ca.pem()}, kTlsProtocol);
}

TEST_F(TlsContext, TakesTls12WithAnAeadSuite) {
    Peer peer(loop, ca.issue());
    SSL_CTX_set_max_proto_version(peer.native(), TLS1_2_VERSION);
    const auto session = talk(peer, TrustCa{ca.pem()});
    ASSERT_TRUE(session) << session.error().message();
    EXPECT_TRUE(session->starts_with("TLSv1.2 ECDHE-")) << *session;
}

TEST_F(TlsContext, ALeafPinNeedsNeitherNameNorCaNorDates) {
    LeafOptions options;
    options.dnsNames = {"elsewhere.example"};
    options.addresses = {};
    options.validToDays = 0;
    const Pem leaf = test::selfSigned(options);
    Peer stranger(loop, test::selfSigned());
    Peer peer(loop, leaf);
    const auto refused = talk(stranger, TrustLeafPin{});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), kTlsPinMismatch);
    EXPECT_EQ(stranger.received, "");

    Peer first(loop, leaf);
    const std::string message = talk(first, TrustLeafPin{}).error().message();
    const auto at = message.find("SHA-256 ") + 8;
    const auto pin = parseSha256Pin(message.substr(at, 64));  // the message is enough to pin it
    ASSERT_TRUE(pin);
    const auto session = talk(peer, TrustLeafPin{*pin});
    EXPECT_TRUE(session) << session.error().message();
}

TEST_F(TlsContext, ARootPinTrustsTheChainBelowItAndChecksTheName) {
    const auto pin = spkiSha256OfPem(ca.pem());
    ASSERT_TRUE(pin);
    Peer good(loop, ca.issue(), ca.pem());
    const auto session = talk(good, TrustRootPin{{*pin}});
    EXPECT_TRUE(session) << session.error().message();

    Peer withoutRoot(loop, ca.issue());
    expectRefused(withoutRoot, TrustRootPin{{*pin}}, kTlsPinMismatch);

    LeafOptions elsewhere;
    elsewhere.dnsNames = {"elsewhere.example"};
    elsewhere.addresses = {};
    Peer wrongName(loop, ca.issue(elsewhere), ca.pem());
    expectRefused(wrongName, TrustRootPin{{*pin}}, kTlsHostname);
}

TEST_F(TlsContext, ARootPinIsNotSatisfiedByTheRootStandingBesideAForeignLeaf) {
    const TestCa attacker("Attacker");
    const auto pin = spkiSha256OfPem(ca.pem());
    Peer peer(loop, attacker.issue(), ca.pem());
    expectRefused(peer, TrustRootPin{{*pin}}, kTlsUntrusted);
}

TEST_F(TlsContext, ServerAsksForClientCertificatesOfItsCaOnly) {
    const TestCa other("Other CA");
    const Pem serverPem = ca.issue();
    LeafOptions client;
    client.extendedKeyUsage = "clientAuth";
    const auto tryWith = [&](const std::optional<Pem>& pem) {
        auto server =
            TlsServerContext::create({serverPem.certificate, Secret::fromText(serverPem.key)},
                                     ClientCertificates::Required,
                                     ca.pem());
        EXPECT_TRUE(server);
        std::optional<CertificateAndKey> identity;
        if (pem) identity.emplace(CertificateAndKey{pem->certificate, Secret::fromText(pem->key)});
        auto context = TlsClientContext::create(TrustCa{ca.pem()}, std::move(identity));
        EXPECT_TRUE(context);
        TcpAcceptor acceptor(loop.get_executor(), {asio::ip::make_address("127.0.0.1"), 0});
        TcpSocket dialled(loop.get_executor());
        dialled.connect(acceptor.local_endpoint());
        auto inner = server->newStream(acceptor.accept());
        auto outer = context->newStream(std::move(dialled), "127.0.0.1");
        bool accepted = false;
        std::string subject;
        inner->async_handshake(asio::ssl::stream_base::server,
                               [&](const boost::system::error_code& error) {
                                   accepted = !error;
                                   if (const auto seen = peerCertificate(*inner); accepted && seen)
                                       subject = seen->subject;
                                   boost::system::error_code ignored;
                                   if (error) inner->lowest_layer().close(ignored);
                               });
        outer->async_handshake(asio::ssl::stream_base::client,
                               [](const boost::system::error_code&) {});
        loop.restart();
        loop.run_for(std::chrono::seconds(5));
        return accepted ? subject : std::string("refused");
    };
    EXPECT_EQ(tryWith(ca.issue(client)), "CN=leaf");
    EXPECT_EQ(tryWith(other.issue(client)), "refused");
    EXPECT_EQ(tryWith(std::nullopt), "refused");
    EXPECT_EQ(tryWith(ca.issue()), "refused");  // a server's certificate is not a client's
}

TEST_F(TlsContext, ServerShowsItsSecondIdentityToThoseWhoAskForItsNameOnly) {
    const TestCa outside("Public CA");
    LeafOptions portal;
    portal.dnsNames = {"portal.example"};
    const Pem own = ca.issue();  // localhost and 127.0.0.1
    const Pem external = outside.issue(portal);
    LeafOptions client;
    client.extendedKeyUsage = "clientAuth";
    const Pem gateway = ca.issue(client);
    const auto meet = [&](const std::string& host, const std::string& trusted) {
        auto server = TlsServerContext::create(
            {own.certificate, Secret::fromText(own.key)},
            {"Portal.Example", {external.certificate, Secret::fromText(external.key)}},
            ClientCertificates::Optional,
            ca.pem());
        EXPECT_TRUE(server) << server.error().message();
        auto context = TlsClientContext::create(
            TrustCa{trusted},
            CertificateAndKey{gateway.certificate, Secret::fromText(gateway.key)});
        EXPECT_TRUE(context);
        TcpAcceptor acceptor(loop.get_executor(), {asio::ip::make_address("127.0.0.1"), 0});
        TcpSocket dialled(loop.get_executor());
        dialled.connect(acceptor.local_endpoint());
        auto inner = server->newStream(acceptor.accept());
        server = fail(kTlsMaterial, "the stream keeps what it needs");
        auto outer = context->newStream(std::move(dialled), host);
        std::string seen = "refused";
        inner->async_handshake(asio::ssl::stream_base::server,
                               [&](const boost::system::error_code& error) {
                                   const auto peer = peerCertificate(*inner);
                                   if (!error) seen = peer ? peer->subject : "nobody";
                                   boost::system::error_code ignored;
                                   if (error) inner->lowest_layer().close(ignored);
                               });
        bool trustedIt = false;
        outer->async_handshake(asio::ssl::stream_base::client,
                               [&](const boost::system::error_code& error) {
                                   trustedIt = !error;
                                   boost::system::error_code ignored;
                                   if (error) outer->lowest_layer().close(ignored);
                               });
        loop.restart();
        loop.run_for(std::chrono::seconds(5));
        return trustedIt ? seen : std::string("refused");
    };
    EXPECT_EQ(meet("portal.example", outside.pem()), "CN=leaf")
        << "a client's papers count there too";
    EXPECT_EQ(meet("portal.example", ca.pem()), "refused");
    EXPECT_EQ(meet("localhost", ca.pem()), "CN=leaf");
    EXPECT_EQ(meet("localhost", outside.pem()), "refused");
    EXPECT_EQ(meet("127.0.0.1", ca.pem()), "CN=leaf") << "an address names nobody";
}

TEST(TlsMaterial, SaysWhatIsWrongWithIt) {
    const TestCa ca;
    const Pem one = ca.issue();
    const Pem two = ca.issue();
    const auto messageOf = [](Trust trust,
                              std::optional<CertificateAndKey> identity = std::nullopt) {
        const auto context = TlsClientContext::create(std::move(trust), std::move(identity));
        return context ? std::string() : context.error().message();
    };
    EXPECT_NE(messageOf(TrustCa{"not PEM"}).find("no certificate"), std::string::npos);
    EXPECT_NE(messageOf(TrustRootPin{}).find("empty"), std::string::npos);
    EXPECT_NE(
        messageOf(TrustCa{ca.pem()}, CertificateAndKey{one.certificate, Secret::fromText(two.key)})
            .find("does not belong"),
        std::string::npos);
    EXPECT_NE(
        messageOf(TrustCa{ca.pem()}, CertificateAndKey{one.certificate, Secret::fromText("x")})
            .find("private key"),
        std::string::npos);
}

TEST(Sha256Pin, TakesHexWithColonsAndRefusesSha1) {
    const std::string digits(64, 'a');
    EXPECT_TRUE(parseSha256Pin(digits));
    std::string colons;
    for (int i = 0; i < 32; ++i) colons += i == 0 ? "AB" : ":AB";
    EXPECT_TRUE(parseSha256Pin(colons));
    EXPECT_NE(parseSha256Pin(std::string(40, 'a')).error().message().find("SHA-1"),
              std::string::npos);
    EXPECT_FALSE(parseSha256Pin(std::string(63, 'a')));
    EXPECT_FALSE(parseSha256Pin(std::string(64, 'g')));
}

}  // namespace
}  // namespace pcg::net
