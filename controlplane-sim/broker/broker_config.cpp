// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/broker/broker_config.h"

#include "controlplane-sim/broker/errc.h"

#include <algorithm>
#include <string_view>

namespace pcg::controlplane::broker {
namespace {

// No compression: what is under TLS next to secrets is not to be measured by its size.
constexpr std::string_view kWebSocketPolicy = R"(  handshake_timeout: "3s"
  compression: false
)";

// Go ignores a list of TLS 1.3 suites: all of those are AEAD. These are what is left of TLS 1.2 for
// our ECDSA key.
constexpr std::string_view kTlsPolicy = R"(  verify: true
  timeout: 3
  cipher_suites: [
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305"
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
  ]
  curve_preferences: ["X25519", "CurveP256", "CurveP384"]
)";

// max_payload: frames are at most 512 KiB, the rest is head room. max_pending and write_deadline: a
// reader that falls 16 MiB or 10 s behind is cut, not its neighbours. Pings: a half-open link is
// seen in 15 s.
constexpr std::string_view kLimits = R"(max_payload: 1048576
max_pending: 16777216
max_control_line: 4096
max_connections: 10000
write_deadline: "10s"
ping_interval: "5s"
ping_max: 2
lame_duck_duration: "30s"
lame_duck_grace_period: "5s"
authorization { timeout: 3 }
)";

bool isQuotable(std::string_view text) {
    return !text.empty() && std::ranges::none_of(text, [](char c) {
        return c == '"' || c == '\\' || c == '\'' || c == '$' ||
               static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    });
}

bool isTokenCharacter(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
}

Result<> checkToken(std::string_view name, std::string_view text) {
    if (text.empty() || !std::ranges::all_of(text, isTokenCharacter)) {
        return fail(kSettings, "The broker's setting " + std::string(name) + " is not a token.");
    }
    return {};
}

Result<> checkQuotable(std::string_view name, const std::string& text) {
    if (isQuotable(text)) return {};
    return fail(
        kSettings,
        "The broker's setting " + std::string(name) +
            " is empty or has a quote, a backslash, a dollar sign or a control character in it; "
            "choose another directory or address.");
}

Result<> check(const BrokerSettings& settings) {
    PCG_TRY(checkQuotable("host", settings.host));
    if (!settings.webSocketHost.empty())
        PCG_TRY(checkQuotable("webSocketHost", settings.webSocketHost));
    PCG_TRY(checkQuotable("certificateChain", settings.certificateChain.string()));
    PCG_TRY(checkQuotable("privateKey", settings.privateKey.string()));
    PCG_TRY(checkQuotable("clientAuthorities", settings.clientAuthorities.string()));
    PCG_TRY(checkQuotable("accountsDirectory", settings.accountsDirectory.string()));
    PCG_TRY(checkToken("operatorJwt", settings.operatorJwt));
    PCG_TRY(checkToken("systemAccountJwt", settings.systemAccountJwt));
    return checkToken("systemAccount", settings.systemAccount);
}

std::string portText(std::uint16_t port) { return port == 0 ? "-1" : std::to_string(port); }

std::string quoted(const std::filesystem::path& path) { return "\"" + path.string() + "\""; }

std::string tlsBlock(const BrokerSettings& settings) {
    return "tls {\n  cert_file: " + quoted(settings.certificateChain) +
           "\n  key_file: " + quoted(settings.privateKey) +
           "\n  ca_file: " + quoted(settings.clientAuthorities) + "\n" + std::string(kTlsPolicy) +
           "}\n";
}

}  // namespace

Result<std::string> makeBrokerConfig(const BrokerSettings& settings) {
    PCG_TRY(check(settings));
    std::string text = "# " + settings.note + "\n";
    text += "server_name: \"pcg-broker\"\n";
    text += "host: \"" + settings.host + "\"\n";
    text += "port: " + portText(settings.ports.client) + "\n";
    text += "http: \"127.0.0.1:" + portText(settings.ports.monitor) + "\"\n";
    text += tlsBlock(settings);
    if (!settings.webSocketHost.empty())
        text += "websocket {\n  host: \"" + settings.webSocketHost +
                "\"\n  port: " + portText(settings.ports.webSocket) + "\n" +
                std::string(kWebSocketPolicy) + tlsBlock(settings) + "}\n";
    text += kLimits;
    text += "operator: \"" + settings.operatorJwt + "\"\n";
    text += "system_account: \"" + settings.systemAccount + "\"\n";
    text += "resolver {\n  type: full\n  dir: " + quoted(settings.accountsDirectory) +
            "\n  allow_delete: false\n  interval: \"2m\"\n  limit: 20000\n}\n";
    text += "resolver_preload {\n  \"" + settings.systemAccount + "\": \"" +
            settings.systemAccountJwt + "\"\n}\n";
    return text;
}

}  // namespace pcg::controlplane::broker
