// SPDX-License-Identifier: Apache-2.0
// bus::Bus over a NATS server: the dialer's TLS outside, the cnats library inside, nothing stale in
// between.
//
// Each link is made from nothing: the dialer connects, the server's INFO is read in clear
// (nats-server 2.9 speaks first), TLS with the dialer's trust and name checks, and only then cnats
// is given a plain stream on loopback that no other process can use. A link that ends is thrown
// away whole, and after a wait with full jitter the next one is made; it never gives up. cnats' own
// TLS, reconnect and buffers are not used: the first blocks the loop for seconds, the second holds
// its lock over network reads, the third replays requests of minutes ago (docs/adr/0006).
//
// Loop thread only, never blocks. One helper thread per instance ("bus-connect") runs the two cnats
// calls that block, connect and destroy; it ends in stop() or the destructor. Any number of
// instances per process.
#pragma once

#include "common/base/random.h"
#include "common/bus/bus.h"
#include "common/net/dialer.h"

#include <optional>
#include <vector>

namespace pcg::bus {

// Who we are to the broker. Asked on the loop at each connection, so a renewed JWT is used by the
// next link. The seed stays with whoever implements this: cnats only ever gets the signature.
class BusCredentials {
  public:
    virtual ~BusCredentials() = default;

    virtual std::string userJwt()
        const = 0;  // empty: the bare nkey is sent (a broker without operator)
    virtual std::string publicKey() const = 0;                          // "U..."
    virtual Result<Bytes> signNonce(std::string_view nonce) const = 0;  // Ed25519, 64 octets
};

// What the broker is spoken to in; inside TLS each way. Nats: the server's greeting comes in clear
// before it. TlsFirst: TLS from the first octet on (`handshake_first`, nats-server 2.10), which
// passes where only what looks like HTTPS does, and costs nothing more.
enum class Transport { Nats, TlsFirst, WebSocket };

std::string_view transportName(Transport transport);  // "nats", "tls-first", "websocket"

struct NatsBusOptions {
    std::string name;                     // what the broker's monitoring shows for us
    net::Target broker;                   // who to dial; no host: only by one of the other ways
    std::vector<net::Target> alternates;  // tried in turn when that one fails
    // Other ways to the same brokers, raced with these after a while; one an attempt, in turn.
    std::vector<net::Target> tlsFirst;
    std::vector<net::Target> webSockets;
    std::string inboxPrefix;  // reply subjects are made below it: "pcg.v1.<nkey>.inbox"
    std::shared_ptr<const BusCredentials> credentials;  // none: anonymous, for tests

    std::chrono::milliseconds headStart{3'000};  // of NATS before the other way
    Transport worked = Transport::Nats;          // the last time; another: first, no head start
    std::function<void(Transport)> onTransport;  // another one than the last time is up

    std::size_t maxBuffered = 4 * 1024 * 1024;  // publish fails with bus.congested above
    std::chrono::milliseconds backoffBase{100};
    std::chrono::milliseconds backoffCap{30'000};
    std::chrono::milliseconds connectLimit{10'000};  // from TLS done to admitted by the broker
    std::chrono::milliseconds pingInterval{5'000};
    std::chrono::milliseconds silenceLimit{
        12'000};  // no octet from the broker for so long: half-open
};

// For status pages: what the link is doing and why.
struct LinkStatus {
    LinkState state = LinkState::Down;
    std::optional<Error> lastFailure;  // of the latest attempt or link; kept while connecting again
    Transport transport = Transport::Nats;  // of the present link
    net::Way way;                           // that it takes, or the attempt for one
    std::string peer;                       // "bus.example.com:4222 (203.0.113.7)"
    std::string session;                    // "TLSv1.3 TLS_AES_128_GCM_SHA256"
    std::uint64_t failedAttempts = 0;       // since the link was last up
    std::chrono::milliseconds nextAttemptIn{0};
};

class NatsBus final : public Bus {
  public:
    // `random` must outlive the bus; it spreads the reconnects.
    NatsBus(net::Loop& loop,
            std::shared_ptr<net::Dialer> dialer,
            NatsBusOptions options,
            Random& random);

    // Cuts the link at once. Pending requests fail with bus.stopped. Does not block longer than it
    // takes the helper thread to see a closed socket.
    ~NatsBus() override;

    NatsBus(const NatsBus&) = delete;
    NatsBus& operator=(const NatsBus&) = delete;

    void start();

    // Refuses new publishes, waits until what was accepted is on the wire (or the limit), closes.
    // Afterwards the state is Closed for good.
    net::Task<void> stop(std::chrono::milliseconds drainLimit);

    // Ends the present link, if any, and dials without the wait. For new credentials or a network
    // change.
    void reconnectNow(const std::string& why);

    Result<> publish(std::string_view subject,
                     BytesView payload,
                     std::string_view replyTo = {}) override;
    Result<std::unique_ptr<Subscription>> subscribe(std::string subject,
                                                    std::string queueGroup,
                                                    SubscriptionHandlers handlers) override;
    net::Task<Result<Bytes>> request(std::string subject,
                                     Bytes payload,
                                     std::chrono::milliseconds timeout) override;
    LinkState state() const override;
    std::uint64_t epoch() const override;
    std::size_t bufferedBytes() const override;
    void observe(Observer observer) override;

    LinkStatus status() const;

  private:
    class Engine;
    std::shared_ptr<Engine> engine_;
};

}  // namespace pcg::bus
