// SPDX-License-Identifier: Apache-2.0
// The line with which a NATS server greets ("INFO {json}"), and the greeting that cnats is shown
// instead.
//
// The greeting arrives before TLS, so anybody on the way may have written it. It is parsed
// strictly, only what we need is kept, and cnats gets a line made from that and nothing else: no
// tls_required (TLS is done), no connect_urls (there is one dialer), no host of the server's
// choosing. Pure functions. Source: docs.nats.io, NATS client protocol, INFO.
#pragma once

#include "common/base/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace pcg::bus {

inline constexpr std::size_t kMaxInfoLine = 32 * 1024;

struct ServerInfo {
    std::string serverId;
    std::string version;
    std::string nonce;  // to sign; empty if the server asks for no signature
    std::int64_t protocol = 1;
    std::int64_t maxPayload = 0;
    std::int64_t clientId = 0;
    bool headers = false;
    bool authRequired = false;
    bool tlsOffered = false;  // tls_required or tls_available
};

// `line` without its CR LF. bus.protocol when it is not such a greeting.
Result<ServerInfo> parseServerInfo(std::string_view line);

// With CR LF.
std::string greetingForCnats(const ServerInfo& info);

}  // namespace pcg::bus
