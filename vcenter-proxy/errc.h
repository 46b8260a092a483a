// SPDX-License-Identifier: Apache-2.0
// What can be wrong with a request to an endpoint, by stable name.
#pragma once

#include "common/base/error.h"

namespace pcg::proxy::errc {

// The request itself: nothing was forwarded.
inline constexpr ErrorCode kPathDenied{ErrorClass::Input, "proxy.path_denied"};
inline constexpr ErrorCode kMethodDenied{ErrorClass::Input, "proxy.method_denied"};
inline constexpr ErrorCode kBadTarget{ErrorClass::Input, "proxy.bad_target"};
inline constexpr ErrorCode kBadHeader{ErrorClass::Input, "proxy.bad_header"};
inline constexpr ErrorCode kBadEnvelope{ErrorClass::Input, "proxy.bad_envelope"};
inline constexpr ErrorCode kEnvelopeTooLarge{ErrorClass::Input, "proxy.envelope_too_large"};
inline constexpr ErrorCode kNotAuthenticated{ErrorClass::Input, "proxy.not_authenticated"};
inline constexpr ErrorCode kInvalidLogin{ErrorClass::Input, "proxy.invalid_login"};
inline constexpr ErrorCode kLoginThrottled{ErrorClass::Input, "proxy.login_throttled"};
inline constexpr ErrorCode kBadForm{ErrorClass::Input, "proxy.bad_form"};
inline constexpr ErrorCode kFormTooLarge{ErrorClass::Input, "proxy.form_too_large"};
inline constexpr ErrorCode kConflictingOps{ErrorClass::Input, "proxy.conflicting_ops"};
inline constexpr ErrorCode kUnknownPath{ErrorClass::Input, "proxy.unknown_path"};
inline constexpr ErrorCode kUnknownMethod{ErrorClass::Input, "proxy.unknown_method"};
inline constexpr ErrorCode kUnknownOperation{ErrorClass::Input, "proxy.unknown_operation"};
inline constexpr ErrorCode kStaleRequest{ErrorClass::Input, "proxy.stale_request"};
inline constexpr ErrorCode kRetired{ErrorClass::Input, "proxy.retired"};
inline constexpr ErrorCode kReadOnly{ErrorClass::Input, "proxy.read_only"};
// It was let through, and ran until the time that the policy gives it was over.
inline constexpr ErrorCode kWindowClosed{ErrorClass::Input, "proxy.window_closed"};
inline constexpr ErrorCode kNoSuchTransfer{ErrorClass::Input, "proxy.no_such_transfer"};
inline constexpr ErrorCode kTransferDenied{ErrorClass::Input, "proxy.transfer_denied"};
inline constexpr ErrorCode kTunnelDenied{ErrorClass::Input, "proxy.tunnel_denied"};
inline constexpr ErrorCode kNoSuchEndpoint{ErrorClass::Input, "proxy.no_such_endpoint"};

// The endpoint or the way to it.
inline constexpr ErrorCode kSessionsExhausted{ErrorClass::Weather, "proxy.sessions_exhausted"};
inline constexpr ErrorCode kCredentialsRejected{ErrorClass::Weather, "proxy.credentials_rejected"};
inline constexpr ErrorCode kCredentialsMissing{ErrorClass::Weather, "proxy.credentials_missing"};
inline constexpr ErrorCode kUpstreamUnreachable{ErrorClass::Weather, "proxy.upstream_unreachable"};
inline constexpr ErrorCode kOutcomeUnknown{ErrorClass::Weather, "proxy.outcome_unknown"};
inline constexpr ErrorCode kNotAVcenter{ErrorClass::Weather, "proxy.not_a_vcenter"};
// The stored credentials are for another address than the one that this request would ask.
inline constexpr ErrorCode kEndpointChanged{ErrorClass::Weather, "proxy.endpoint_changed"};
// What the vCenter says of a lease, or the host that it names, is not as it must be.
inline constexpr ErrorCode kBadLease{ErrorClass::Weather, "proxy.bad_lease"};
inline constexpr ErrorCode kNotAMaas{ErrorClass::Weather, "proxy.not_a_maas"};
inline constexpr ErrorCode kBusy{ErrorClass::Weather, "proxy.busy"};
inline constexpr ErrorCode kPaused{ErrorClass::Weather, "proxy.paused"};
inline constexpr ErrorCode kTunnelIdle{ErrorClass::Weather, "proxy.tunnel_idle"};
inline constexpr ErrorCode kStopping{ErrorClass::Weather, "proxy.stopping"};

}  // namespace pcg::proxy::errc
