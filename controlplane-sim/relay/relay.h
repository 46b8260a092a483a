// SPDX-License-Identifier: Apache-2.0
// The rendezvous of PCG-PAIR-1 (docs/protocol/pairing.md): offers, claims, and what the two roles
// say to each other. It carries sealed talk and cannot read it.
//
// Everything is in memory and bounded: until something is issued, a crash leaves nothing half-done.
// What a source may have here counts whatever it did with it: an offer that is over stays as a
// record of some hundred octets until nobody polls for its end, and counts until then.
// Lifetimes are steady time. Loop thread; no I/O.
#pragma once

#include "common/base/random.h"
#include "controlplane-sim/relay/event_queue.h"
#include "controlplane-sim/relay/quota.h"
#include "controlplane-sim/rest/rate_limit.h"
#include "controlplane-sim/tenancy/accounts.h"
#include "controlplane-sim/tenancy/gateways.h"
#include "pairing/messages.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

namespace pcg::controlplane {

// A value, or how the request is refused on the wire.
template <class T = void>
using Answer = tl::expected<T, pairing::Refusal>;

tl::unexpected<pairing::Refusal> refuse(int status, std::string_view code, std::string detail);

enum class OfferState { Live, Claimed, Done, Burned };
enum class ClaimState { Open, Issuing, Issued, Closed };

struct OfferRecord {
    explicit OfferRecord(net::Executor executor) : events(executor) {}

    pairing::Offer offer;
    std::string raw;
    std::string source;
    pairing::OfferReply reply;
    SteadyTime expiresAt;
    OfferState state = OfferState::Live;
    std::optional<pairing::ClaimId> claim;
    int attempts = 0;
    EventQueue events;
};

// The gateway's half, with the digest of the very bytes it came in.
struct GatewayHalf {
    pairing::Enrollment enrollment;
    pairing::Hash requestSha256{};
};

struct ClaimRecord {
    ClaimRecord(net::Executor executor, TenantScope scopeOfTenant)
        : scope(std::move(scopeOfTenant)), events(executor) {}

    TenantScope scope;
    std::string username;
    std::string label;
    GatewayKind kind = GatewayKind::Paired;
    std::string idempotencyKey;
    pairing::ClaimTerms terms;
    pairing::ClaimReply reply;
    std::shared_ptr<OfferRecord> offer;
    SteadyTime expiresAt;
    ClaimState state = ClaimState::Open;
    std::string closedCode;
    std::int64_t lastSeqOfGateway = 0;
    std::int64_t lastSeqOfTenant = 0;
    std::optional<pairing::Approval> approval;
    std::optional<GatewayHalf> gateway;
    Bytes response;  // when Issued
    EventQueue events;
};

class Relay {
  public:
    struct Limits {
        // Before anything of a request is read; polls and messages of a few dozen runs fit.
        rest::RateLimit::Rate requestsPerSource{20, 200};
        std::size_t offersPerSource = 20;    // live ones
        std::size_t recordsPerSource = 120;  // with those that are over and not forgotten yet
        std::size_t offersPerSourceAndMinute = 60;  // whatever they are answered with
        std::size_t takenPerSourceAndHour = 5;      // told that their nameplate is taken
        std::size_t offersPerGatewayAndMinute = 3;
        std::size_t offers = 100'000;    // live ones; as many again may be over
        ByteCount offerBytes = 256_MiB;  // of all live offers
        std::size_t claimsPerTenantAndMinute = 5;
        std::size_t claimsPerTenantAndHour = 30;
        std::size_t missesPerUserAndHour = 10;
    };

    struct Platform {
        std::string origin;  // "https://127.0.0.1:8443"
        std::string region;
        Bytes rootDer;
        pairing::Hash rootSpkiSha256{};
    };

    Relay(net::Executor executor,
          const Clock& clock,
          Random& random,
          Limits limits,
          Platform platform);

    // M1. The same bytes again get the same answer; another offer of the same gateway replaces the
    // first.
    Answer<pairing::OfferReply> offer(pairing::Offer offer, std::string raw, std::string source);
    Answer<std::shared_ptr<OfferRecord>> offerOf(std::string_view sid, std::string_view token);
    void withdraw(OfferRecord& offer);

    // M3. Unknown, expired and busy nameplates are refused alike.
    Answer<pairing::ClaimReply> claim(const Authenticated& who,
                                      const pairing::ClaimRequest& request,
                                      std::string idempotencyKey);
    // For a gateway that the platform runs and whose code it read itself: what tenants and users
    // may claim in a minute is not touched.
    Answer<std::shared_ptr<ClaimRecord>> claimForPlatform(const Authenticated& platform,
                                                          const pairing::ClaimRequest& request);
    Answer<std::shared_ptr<ClaimRecord>> claimOf(std::string_view id, const TenantScope& scope);
    std::shared_ptr<ClaimRecord> findClaim(std::string_view id);  // for the gateway's PUT

    Answer<> fromGateway(OfferRecord& offer, pairing::Envelope envelope);
    Answer<> fromTenant(ClaimRecord& claim, pairing::Envelope envelope);
    void cancel(ClaimRecord& claim, const std::string& code);

    void status(ClaimRecord& claim, const std::string& state, const std::string& code = {});
    // After issuing or failing to: the run is over and its code void.
    void conclude(ClaimRecord& claim, ClaimState state, const std::string& code);

    // Ends what is past its time. To be called every second or so.
    void sweep();
    void closeAll();  // wakes every poll; for stopping

    // Told of every claim that came to nothing, with the reason's name.
    void onClosed(std::function<void(const ClaimRecord&, const std::string& code)> callback) {
        onClosed_ = std::move(callback);
    }

    std::size_t offerCount() const { return offers_.size(); }

    // Of the live offers, as they came.
    ByteCount offerBytes() const { return offerBytes_; }

  private:
    struct Source {
        std::size_t live = 0;
        std::size_t records = 0;
    };

    using OfferIndex = std::unordered_map<std::string, std::shared_ptr<OfferRecord>>;

    static std::shared_ptr<OfferRecord> foundIn(const OfferIndex& index, const std::string& key);

    Answer<> mayOffer(const pairing::Offer& offer, const std::string& source, ByteCount bytes);
    void supersede(const std::string& gatewayId);
    void closeOffer(OfferRecord& offer, OfferState state, const std::string& why);
    void keep(const std::shared_ptr<OfferRecord>& offer);
    void retire(OfferRecord& offer, OfferState state);
    void forget(const OfferRecord& offer);
    void closeClaim(ClaimRecord& claim, const std::string& code);
    std::shared_ptr<OfferRecord> liveOfferOf(const std::string& nameplate);
    Answer<> forward(EventQueue& to, std::int64_t& lastSeq, pairing::Envelope envelope);
    std::shared_ptr<ClaimRecord> open(const Authenticated& who,
                                      const pairing::ClaimRequest& request,
                                      const std::shared_ptr<OfferRecord>& offer);

    net::Executor executor_;
    const Clock& clock_;
    Random& random_;
    Limits limits_;
    Platform platform_;
    std::map<std::string, std::shared_ptr<OfferRecord>, std::less<>> offers_;  // by sid
    // Of these, what is live or claimed: at most one of a gateway and of a nameplate.
    OfferIndex byGateway_;
    OfferIndex byNameplate_;
    std::unordered_map<std::string, Source> sources_;
    ByteCount offerBytes_ = 0;
    std::map<std::string, std::shared_ptr<ClaimRecord>, std::less<>> claims_;  // by claim id
    std::function<void(const ClaimRecord&, const std::string&)> onClosed_;
    Quota offersBySource_;
    Quota takenBySource_;
    Quota offersByGateway_;
    Quota claimsByMinute_;
    Quota claimsByHour_;
    Quota missesByUser_;
};

}  // namespace pcg::controlplane
