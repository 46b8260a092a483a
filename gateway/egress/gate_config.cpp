// SPDX-License-Identifier: Apache-2.0
#include "gateway/egress/gate_config.h"

#include "gateway/egress/opening.h"

#include <sys/un.h>

namespace pcg::egress {
namespace {

using config::badValue;

log::Level levelOf(std::string_view name) {
    if (name == "debug") return log::Level::Debug;
    if (name == "warn") return log::Level::Warn;
    return name == "error" ? log::Level::Error : log::Level::Info;
}

}  // namespace

const config::Schema& gateSchema() {
    static const config::Schema kSchema({
        {.name = "socket",
         .description = "Unix socket on which the gateway asks for connections "
                        "(`egress_socket` there). Its folder says who may.",
         .need = config::Need::Required},
        {.name = "hosts",
         .description = "Hosts that may be connected to, with a port each, separated by commas: "
                        "`pair.example.com:443`, every name below one (`.example.com:4222`), an "
                        "address or a network (`192.0.2.0/24:443`, `[2001:db8::1]:443`)."},
        {.name = "networks",
         .description = "Networks that may be connected to on every port, for example "
                        "`10.0.0.0/8,fd00::/8`."},
        {.name = "firewall_table",
         .description = "Table of nftables (family inet) in whose sets `named4` and `named6` each "
                        "address of a name is put, with its port and for two minutes, before it is "
                        "connected to. Needs CAP_NET_ADMIN. Nothing is opened if it is not set."},
        {.name = "log_level",
         .type = config::Type::Choice,
         .description = "The least important events that are logged (JSON lines on stderr).",
         .fallback = "info",
         .choices = {"debug", "info", "warn", "error"}},
    });
    return kSchema;
}

Result<GateConfig> gateConfigFrom(const config::Settings& settings, std::string_view source) {
    GateConfig made;
    made.socket = settings.text("socket");
    if (!made.socket.is_absolute())
        return fail(badValue(source, "socket", "must be an absolute path."));
    if (made.socket.native().size() >= sizeof(sockaddr_un::sun_path) - 1)
        return fail(badValue(source, "socket", "is too long for the path of a socket."));
    // One after the other, so that the complaint names the key.
    if (const auto hosts = EgressRules::parse(settings.text("hosts"), ""); !hosts)
        return fail(badValue(source, "hosts", hosts.error().message()));
    auto rules = EgressRules::parse(settings.text("hosts"), settings.text("networks"));
    if (!rules) return fail(badValue(source, "networks", rules.error().message()));
    made.rules = std::move(*rules);
    made.table = settings.text("firewall_table");
    if (!made.table.empty() && !isTableName(made.table))
        return fail(badValue(
            source, "firewall_table", "must be a table's name: up to 32 of a to z, 0 to 9 and _."));
    made.logLevel = levelOf(settings.text("log_level"));
    return made;
}

}  // namespace pcg::egress
