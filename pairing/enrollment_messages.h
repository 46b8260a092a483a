// SPDX-License-Identifier: Apache-2.0
// M9 to M13: both sides attest the same run, and the gateway receives its papers.
//
//   PUT  /pair/v1/enrollments/{claim_id}       gateway: Enrollment -> 202 (not approved yet; ask
//   again,
//            `retry_after_ms` in the body) | 200 SealedBundle | 403 | 409 mismatch | 410 gone.
//            The same body gets the same answer; another body for the claim gets 409.
//   POST /pair/v1/claims/{claim_id}/approve    tenant: Approval -> 202, in either order with the
//   PUT POST /pair/v1/enrollments/{claim_id}/ack   gateway, over mutual TLS with the new
//   certificate:
//            Ack -> 204, also when it is active already; 410 when the 15 minutes are over
#pragma once

#include "pairing/types.h"

#include <optional>
#include <vector>

namespace pcg::pairing {

struct Enrollment {
    std::string gatewayId;
    std::string tenantId;
    Bytes csr;  // PKCS#10, DER
    std::string nkeyPub;
    PointBytes encPub{};
    Hash pth{};
    Hash reportTag{};
    std::string bind;  // compact JWS, ES256 by the device key, typ kBindType, payload Bind

    static Result<Enrollment> parse(std::string_view raw);
    std::string write() const;
};

inline constexpr std::string_view kBindType = "pcg-bind+jwt";

// The gateway's signed consent.
struct Bind {
    Sid sid{};
    ClaimId claimId{};
    std::string tenantId;
    std::string gatewayId;
    Hash pth{};
    Hash csrSha256{};
    std::string nkeyPub;
    PointBytes encPub{};
    std::string acceptMode;  // console | expected_tenant
    std::int64_t issuedAt = 0;

    static Result<Bind> parse(std::string_view payload);
    std::string write() const;
};

struct Approval {
    Hash pth{};
    Hash reportTag{};
    Hash deviceSpkiSha256{};
    Hash csrSha256{};
    std::string nkeyPub;

    static Result<Approval> parse(std::string_view raw);  // refuses sas_ok other than true
    std::string write() const;
};

struct Bus {
    std::vector<std::string> urls;  // tls://host:port
    std::string ca;                 // PEM
    std::vector<std::string> serverNames;
    std::string accountPub;
    std::string userJwt;
    std::string subjectPrefix;  // pcg.v1.<nkey>
};

inline constexpr std::string_view kBundleType = "pcg-bundle+jwt";

// The gateway's papers: payload of an ES256 JWS with x5c (crypto::Purpose::EnrollmentSigning up to
// the root of M6), sealed to the gateway's ephemeral key.
struct Bundle {
    Hash pth{};
    std::string gatewayId;
    std::string tenantId;
    std::string tenantName;
    std::int64_t epoch = 1;
    std::string clientCertChain;  // PEM, leaf first
    std::string controlPlaneCa;   // PEM
    Bus bus;
    std::string renewUrl;
    std::optional<ByteArray<32>> ratchet;  // for the first renewal (renew_messages.h)
    std::int64_t issuedAt = 0;
    std::int64_t notAfter = 0;

    static Result<Bundle> parse(std::string_view payload);
    std::string write() const;
};

struct SealedBundle {
    PointBytes controlPlaneEphemeral{};
    Bytes ciphertext;

    static Result<SealedBundle> parse(std::string_view raw);
    std::string write() const;  // {"sealed":{"cp_eph_pub","ct"}}
};

struct Ack {
    std::string gatewayId;
    std::int64_t epoch = 1;
    Hash pth{};

    static Result<Ack> parse(std::string_view raw);
    std::string write() const;
};

}  // namespace pcg::pairing
