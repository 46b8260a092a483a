// SPDX-License-Identifier: Apache-2.0
// Who may have new papers, and what was answered last.
//
// One transaction decides, moves the ratchet and keeps the answer, so that the same request gets
// the same answer and a second user of one identity is found by the value that it shows. Runs on
// the storage thread. What is decided about a request is a value, not an error: a quarantine must
// be kept, not rolled back.
#pragma once

#include "common/base/clock.h"
#include "common/base/result.h"
#include "common/store/database.h"
#include "controlplane-sim/tenancy/gateways.h"
#include "pairing/renew_messages.h"

#include <functional>
#include <optional>
#include <variant>

namespace pcg::controlplane {

// A request whose device signature was verified.
struct RenewalRequest {
    wire::GatewayId gateway;
    wire::UserNkey nkey;
    std::int64_t epoch;
    pairing::RenewId id;
    Bytes sha256;           // of its octets
    std::int64_t counter;   // of the ratchet that it shows
    bool hasRatchet;        // it shows one
    bool isRatchetGenuine;  // and we have made it
    bool showsCertificate;  // a valid one of this gateway and tenant
};

struct RenewedPapers {
    std::string userJwt;
    std::string clientCertChain;  // empty when none was asked for
    std::int64_t counter = 0;     // of the ratchet that goes with it
    std::int64_t issuedAt = 0;    // milliseconds
};

namespace renewal {
struct Refused {
    std::string_view code;  // pairing::renewal
    std::string why;        // a sentence
};

struct Quarantined {  // by this very request
    Gateway gateway;
    std::string why;
};
}  // namespace renewal

using RenewalOutcome = std::variant<RenewedPapers, renewal::Refused, renewal::Quarantined>;

class Renewals {
  public:
    explicit Renewals(store::Database& database) : database_(database) {}

    using MakePapers = std::function<Result<RenewedPapers>(const Gateway& gateway)>;

    // tenancy.not_found when the gateway was never known.
    Result<RenewalOutcome> renew(const PlatformAuthority& authority,
                                 const RenewalRequest& request,
                                 WallTime now,
                                 const MakePapers& makePapers);

  private:
    Result<std::optional<RenewalOutcome>> answered(const RenewalRequest& request);
    Result<RenewalOutcome> quarantine(const Gateway& gateway,
                                      const RenewalRequest& request,
                                      WallTime now);
    Result<RenewalOutcome> grant(const Gateway& gateway,
                                 const RenewalRequest& request,
                                 WallTime now,
                                 const MakePapers& makePapers);
    Result<> log(const Gateway& gateway,
                 std::string_view what,
                 const std::string& detail,
                 WallTime now);

    store::Database& database_;
};

}  // namespace pcg::controlplane
