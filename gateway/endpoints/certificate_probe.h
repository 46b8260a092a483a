// SPDX-License-Identifier: Apache-2.0
// Looks at the certificate that an endpoint shows, and whether it is the trusted one: a TLS
// handshake and nothing else, so that not one octet of a request or a credential is written.
//
// Loop thread; within the limit for the connection and again for the handshake.
#pragma once

#include "common/net/dialer.h"
#include "common/net/tls_context.h"
#include "gateway/state/endpoints.h"

#include <chrono>
#include <memory>
#include <optional>

namespace pcg::gateway {

struct CertificateSighting {
    Bytes certificate;             // DER of the leaf; empty if the handshake did not come so far
    std::optional<Error> refusal;  // why there is no trusted connection
};

// A certificate that nobody has approved yet (TrustKind::Ask) is never trusted.
Result<net::TlsClientContext> contextFor(const EndpointTrust& trust);

// Whether an error means that the certificate is not the trusted one, as against no answer.
bool isTrustFailure(const Error& error);

net::Task<CertificateSighting> lookAtCertificate(std::shared_ptr<net::Route> route,
                                                 net::TlsClientContext context,
                                                 net::Target target,
                                                 std::chrono::milliseconds limit);

}  // namespace pcg::gateway
