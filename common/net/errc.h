// SPDX-License-Identifier: Apache-2.0
// Why bytes could not be carried. A person who reads one of these must know whom to ask: the DNS
// admin, the firewall admin, or the owner of the certificate.
#pragma once

#include "common/base/error.h"

namespace pcg::net {

inline constexpr ErrorCode kDnsFailed{ErrorClass::Weather, "net.dns"};
inline constexpr ErrorCode kRefused{ErrorClass::Weather, "net.refused"};
inline constexpr ErrorCode kTimeout{ErrorClass::Weather, "net.timeout"};
inline constexpr ErrorCode kUnreachable{ErrorClass::Weather, "net.unreachable"};
inline constexpr ErrorCode kClosed{ErrorClass::Weather, "net.closed"};
inline constexpr ErrorCode kListenFailed{ErrorClass::Input, "net.listen"};
inline constexpr ErrorCode kBadAddress{ErrorClass::Input, "net.bad_address"};

// TLS: what was presented is not what is trusted. Nothing was written to such a peer.
inline constexpr ErrorCode kTlsUntrusted{ErrorClass::Input, "net.tls_untrusted"};
inline constexpr ErrorCode kTlsPinMismatch{ErrorClass::Input, "net.tls_pin_mismatch"};
inline constexpr ErrorCode kTlsHostname{ErrorClass::Input, "net.tls_hostname"};
inline constexpr ErrorCode kTlsExpired{ErrorClass::Input, "net.tls_expired"};

// TLS to an end whose authority we know, and what was shown is of another: something between
// inspects. Nothing was written to it.
inline constexpr ErrorCode kTlsIntercepted{ErrorClass::Input, "net.tls_intercepted"};

// The HTTP proxy on the way out: it cannot be reached; it wants other credentials; it does not
// allow this target; it cannot reach the target itself; it says nothing; it is not an HTTP proxy.
inline constexpr ErrorCode kProxyUnreachable{ErrorClass::Weather, "net.proxy_unreachable"};
inline constexpr ErrorCode kProxyCredentials{ErrorClass::Input, "net.proxy_credentials"};
inline constexpr ErrorCode kProxyForbidden{ErrorClass::Input, "net.proxy_forbidden"};
inline constexpr ErrorCode kProxyUpstream{ErrorClass::Weather, "net.proxy_upstream"};
inline constexpr ErrorCode kProxyTimeout{ErrorClass::Weather, "net.proxy_timeout"};
inline constexpr ErrorCode kProxyProtocol{ErrorClass::Weather, "net.proxy_protocol"};

// The far side does not agree to a WebSocket, or something between does not let it pass.
inline constexpr ErrorCode kWebSocket{ErrorClass::Weather, "net.websocket"};

// TLS: no common version, suite or group; or the peer does not speak TLS; or it rejected our
// certificate.
inline constexpr ErrorCode kTlsProtocol{ErrorClass::Weather, "net.tls_protocol"};

// A certificate, key or pin that we were given cannot be used.
inline constexpr ErrorCode kTlsMaterial{ErrorClass::Input, "net.tls_material"};

}  // namespace pcg::net
