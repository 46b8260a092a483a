// SPDX-License-Identifier: Apache-2.0
// What was issued to which gateway. One transaction binds the gateway, takes the next epoch and
// keeps the very answer that is sent, so that a repeated request gets the same bytes and a crash
// leaves all or nothing (docs/protocol/pairing.md, crash table). Runs on the storage thread.
#pragma once

#include "common/base/clock.h"
#include "common/base/result.h"
#include "common/store/database.h"
#include "controlplane-sim/tenancy/gateways.h"
#include "controlplane-sim/tenancy/tenant_scope.h"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace pcg::controlplane {

// A gateway that was issued an identity and does not acknowledge it in this time loses it again.
inline constexpr std::chrono::minutes kAcknowledgeWithin{15};

struct NewEnrollment {
    std::string claimId;
    wire::GatewayId gateway;
    std::string gatewayName;  // made unique inside the tenant by a number if it must
    Bytes deviceSpki;         // DER
    wire::UserNkey nkey;
    Bytes requestSha256;  // of the gateway's request body: the same claim with another body is
                          // refused
    GatewayKind kind = GatewayKind::Paired;
};

enum class EnrollmentState { Issued, Active, Expired, Released };

struct Enrollment {
    std::string claimId;
    wire::TenantId tenant;
    wire::GatewayId gateway;
    std::int64_t epoch;
    wire::UserNkey nkey;
    EnrollmentState state;
    Bytes requestSha256;
    Bytes response;
};

class Enrollments {
  public:
    explicit Enrollments(store::Database& database) : database_(database) {}

    // Makes the answer for the epoch that this enrolment takes. Called inside the transaction.
    using MakeResponse = std::function<Result<Bytes>(std::int64_t epoch)>;

    // tenancy.gateway_bound: the id belongs to another tenant. tenancy.enrollment_mismatch: this
    // claim was answered for another request body.
    Result<Enrollment> issue(const TenantScope& scope,
                             const NewEnrollment& enrollment,
                             WallTime now,
                             const MakeResponse& makeResponse);

    Result<std::optional<Enrollment>> find(const std::string& claimId);

    // True the first time; false if it was active already. tenancy.enrollment_over if it expired,
    // was released, or a newer epoch took its place.
    Result<bool> acknowledge(const std::string& claimId,
                             const wire::GatewayId& gateway,
                             WallTime now);

    // Ends what was not acknowledged in time; the caller revokes the nkeys of what it returns. An
    // nkey that a newer pairing uses is not among them.
    Result<std::vector<Enrollment>> expire(const PlatformAuthority& authority, WallTime now);

  private:
    Result<std::int64_t> bind(const TenantScope& scope,
                              const NewEnrollment& enrollment,
                              WallTime now);
    Result<> checkOffered(const TenantScope& scope);
    Result<std::string> freeName(const TenantScope& scope, const NewEnrollment& enrollment);
    Result<> log(const wire::TenantId& tenant,
                 const wire::GatewayId& gateway,
                 std::string_view what,
                 const std::string& detail,
                 WallTime now);

    store::Database& database_;
};

}  // namespace pcg::controlplane
