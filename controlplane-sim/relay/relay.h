// SPDX-License-Identifier: Apache-2.0
// The rendezvous of PCG-PAIR-1 (docs/protocol/pairing.md): offers, claims, and what the two roles
// say to each other. It carries sealed talk and cannot read it.
//
// Everything is in memory and bounded: until something is issued, a crash leaves nothing half-done.
// Lifetimes are steady time. Loop thread; no I/O.
#pragma once

#include "common/base/random.h"
#include "controlplane-sim/relay/event_queue.h"
#include "controlplane-sim/relay/quota.h"
#include "controlplane-sim/tenancy/accounts.h"
#include "controlplane-sim/tenancy/gateways.h"
#include "pairing/messages.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

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
        std::size_t offersPerSource = 20;
        std::size_t offersPerGatewayAndMinute = 3;
        std::size_t offers = 100'000;
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

  private:
    Answer<> mayOffer(const pairing::Offer& offer, const std::string& source);
    void supersede(const std::string& gatewayId);
    void closeOffer(OfferRecord& offer, OfferState state, const std::string& why);
    void closeClaim(ClaimRecord& claim, const std::string& code);
    std::shared_ptr<OfferRecord> liveOfferOf(std::string_view nameplate);
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
    std::map<std::string, std::shared_ptr<ClaimRecord>, std::less<>> claims_;  // by claim id
    std::function<void(const ClaimRecord&, const std::string&)> onClosed_;
    Quota offersByGateway_;
    Quota claimsByMinute_;
    Quota claimsByHour_;
    Quota missesByUser_;
};

}  // namespace pcg::controlplane
