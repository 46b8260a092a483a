// SPDX-License-Identifier: Apache-2.0
// The control plane's side of PCG-PAIR-1 over HTTPS: M1 to M13 and renewal
// (docs/protocol/pairing.md).
//
// The relay keeps what is not issued yet, in memory; what is issued is one transaction on the
// storage thread together with the answer that is sent. Refusals are problem documents
// (pairing::Refusal). Loop thread; await stop() before the router goes.
#pragma once

#include "common/http/router.h"
#include "controlplane-sim/audit/audit_event.h"
#include "controlplane-sim/relay/papers.h"
#include "controlplane-sim/relay/ratchets.h"
#include "controlplane-sim/relay/relay.h"
#include "controlplane-sim/rest/authenticator.h"
#include "controlplane-sim/tenancy/gateways.h"
#include "pairing/commissioner.h"
#include "pairing/pairing_code.h"

namespace pcg::controlplane {

class PairingService {
  public:
    struct Parts {
        net::Loop& loop;
        store::Worker& store;
        const Clock& clock;
        Random& random;
        const Pki& pki;
        const Ratchets& ratchets;
        const PlatformAuthority& authority;
        BusPapers& bus;
        AuditSink* audit = nullptr;  // null: nobody keeps one
    };

    PairingService(Parts parts,
                   const Authenticator& authenticator,
                   Relay::Limits limits,
                   std::string origin);

    void addTo(http::Router& router);

    // A gateway that the platform runs itself, from its code to its first word on the bus: the same
    // messages, with role A played here. The claim ends with the call, however it ends.
    struct PlatformRun {
        TenantScope scope;
        std::string tenantName;
        std::string label;
        pairing::PairingCode code;
        std::string gatewayId;  // whose code it is; another gateway's offer under it is refused
        std::function<bool()> isWanted;  // asked every second
    };

    net::Task<Result<>> enrollForPlatform(PlatformRun run);

    // The sweeper: once a second, until stop().
    void start();
    net::Task<void> stop();

  private:
    using Params = http::RouteParams;
    using Method = net::Task<void> (PairingService::*)(http::Exchange&, const Params&);

    http::RouteHandler bind(Method method);

    // A source may ask only so often, whatever it asks and whoever it says it is: most of these
    // routes cost a signature or a look into the database before anybody is known.
    net::Task<void> admit(http::Exchange& exchange, const Params& params, Method method);

    // The gateway's.
    net::Task<void> postOffer(http::Exchange& exchange, const Params& params);
    net::Task<void> deleteOffer(http::Exchange& exchange, const Params& params);
    net::Task<void> pollOffer(http::Exchange& exchange, const Params& params);
    net::Task<void> sendFromGateway(http::Exchange& exchange, const Params& params);
    net::Task<void> putEnrollment(http::Exchange& exchange, const Params& params);
    net::Task<void> acknowledge(http::Exchange& exchange, const Params& params);

    net::Task<void> renew(http::Exchange& exchange, const Params& params);
    net::Task<void> release(http::Exchange& exchange, const Params& params);

    // The tenant's.
    net::Task<void> postClaim(http::Exchange& exchange, const Params& params);
    net::Task<void> deleteClaim(http::Exchange& exchange, const Params& params);
    net::Task<void> pollClaim(http::Exchange& exchange, const Params& params);
    net::Task<void> sendFromTenant(http::Exchange& exchange, const Params& params);
    net::Task<void> approve(http::Exchange& exchange, const Params& params);

    net::Task<Answer<>> checkOffer(const http::RequestHead& request,
                                   const pairing::Offer& offer,
                                   std::string_view raw);
    Answer<std::shared_ptr<OfferRecord>> offerOf(const http::Exchange& exchange,
                                                 const Params& params);
    net::Task<Answer<std::shared_ptr<ClaimRecord>>> claimOf(http::Exchange& exchange,
                                                            const Params& params);
    net::Task<void> poll(http::Exchange& exchange, EventQueue& events);

    net::Task<Answer<>> takeApproval(std::shared_ptr<ClaimRecord> claim,
                                     pairing::Approval approval);
    net::Task<Result<>> commission(std::shared_ptr<ClaimRecord> claim,
                                   pairing::Commissioner& role,
                                   const PlatformRun& run);
    // True when the gateway is paired.
    net::Task<Result<bool>> perform(std::shared_ptr<ClaimRecord> claim,
                                    pairing::CommissionerStep item);

    Answer<> acceptHalf(const std::shared_ptr<ClaimRecord>& claim,
                        pairing::Enrollment enrollment,
                        const pairing::Hash& sha256);
    net::Task<Answer<Bytes>> replay(std::string claimId, pairing::Hash requestSha256);
    net::Task<Answer<>> issue(std::shared_ptr<ClaimRecord> claim);
    net::Task<Result<Bytes>> issueDurably(std::shared_ptr<ClaimRecord> claim);

    net::Task<Answer<Gateway>> whoRenews(http::Exchange& exchange,
                                         wire::GatewayId id,
                                         std::string raw);
    net::Task<Answer<std::string>> renewDurably(Gateway gateway,
                                                pairing::RenewRequest request,
                                                pairing::Hash sha256,
                                                bool certified);
    net::Task<void> quarantine(Gateway gateway, std::string why);

    void audit(const wire::TenantId& tenant, AuditEvent event) const {
        if (parts_.audit != nullptr) parts_.audit->record(tenant, std::move(event));
    }

    net::Task<void> sweepLoop();
    net::Task<void> expireUnacknowledged();

    Parts parts_;
    const Authenticator& authenticator_;
    std::string origin_;
    Relay relay_;
    rest::RateLimit requests_;
    net::Timer tick_;
    http::Signal stopped_;
    bool stopping_ = false;
    bool sweeping_ = false;
};

}  // namespace pcg::controlplane
