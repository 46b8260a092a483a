// SPDX-License-Identifier: Apache-2.0
#include "gateway/gateway_config.h"

#include "common/base/text.h"
#include "common/net/connect.h"
#include "gateway/errc.h"

#include <algorithm>
#include <array>

#include <sys/un.h>
#include <unistd.h>

namespace pcg::gateway {
namespace {

using config::badValue;

constexpr std::size_t kMaxHostname = 253;  // RFC 1035 section 2.3.4, without the root's dot

std::string machineName() {
    std::array<char, 256> name{};
    if (::gethostname(name.data(), name.size() - 1) != 0) return "gateway";
    return name.data();
}

Result<std::string> controlplaneUrl(const std::string& url, std::string_view source) {
    constexpr std::string_view kKey = "controlplane_url";
    if (!url.starts_with("https://")) {
        return fail(badValue(
            source, kKey, "must begin with https://, for example https://pair.example.com."));
    }
    const auto end = url.find_first_of("/?#", std::string_view("https://").size());
    if (end != std::string::npos && url.substr(end) != "/") {
        return fail(badValue(
            source, kKey, "must end after the host and port; remove \"" + url.substr(end) + "\"."));
    }
    const auto target = net::targetOfUrl(url, 443);
    if (!target) return fail(badValue(source, kKey, target.error().message()));
    return url.substr(0, end);
}

Result<ByteArray<32>> rootPin(const std::string& text, std::string_view source) {
    std::string hex = text;
    std::erase(hex, ':');
    const auto bytes = fromHex(hex);
    if (!bytes || bytes->size() != 32) {
        return fail(badValue(source,
                             "controlplane_root_sha256",
                             "must be the 64 hex digits of a SHA-256; it has " +
                                 std::to_string(hex.size()) + " characters."));
    }
    ByteArray<32> pin{};
    std::copy(bytes->begin(), bytes->end(), pin.begin());
    return pin;
}

Result<> checkTrust(const GatewayConfig& config, std::string_view source) {
    const bool ca = !config.controlplaneCaFile.empty();
    if (ca == config.controlplaneRootSha256.has_value()) {
        return fail(badValue(
            source,
            "controlplane_ca_file",
            ca ? "cannot be combined with controlplane_root_sha256. Remove one of them."
               : "or controlplane_root_sha256 is required: without one of them the gateway "
                 "cannot tell its control plane from another server."));
    }
    if (!ca) return {};
    if (::access(config.controlplaneCaFile.c_str(), R_OK) == 0) return {};
    return fail(badValue(source,
                         "controlplane_ca_file",
                         "the file " + config.controlplaneCaFile.string() + " cannot be read."));
}

Result<std::string> hostname(const std::string& configured, std::string_view source) {
    auto name = configured.empty() ? machineName() : configured;
    const auto printable = [](char c) { return c > 0x20 && c < 0x7f; };
    if (name.size() > kMaxHostname || !std::all_of(name.begin(), name.end(), printable)) {
        return fail(badValue(
            source, "hostname", "must be at most 253 printable ASCII characters, no blanks."));
    }
    return name;
}

log::Level parseLevel(const std::string& name) {
    if (name == "debug") return log::Level::Debug;
    if (name == "warn") return log::Level::Warn;
    if (name == "error") return log::Level::Error;
    return log::Level::Info;
}

}  // namespace

namespace {

std::vector<config::Key> allKeys() {
    using config::Need;
    using config::Type;
    std::vector<config::Key> keys{
        {.name = "state_dir",
         .description =
             "Directory of the gateway's keys, database and control socket. Made with mode 0700; "
             "one gateway per directory.",
         .need = Need::Required},
        {.name = "control_socket",
         .description =
             "Where `pcgctl` asks, if not at `control.sock` in `state_dir`: the absolute "
             "path of a socket that its owner and its group may open, in a folder that "
             "nobody else can enter."},
        {.name = "controlplane_url",
         .description = "Where the control plane answers: `https://HOST[:PORT]`.",
         .need = Need::Required},
        {.name = "controlplane_ca_file",
         .description =
             "PEM file of the authority that signs the control plane's certificate. This or "
             "`controlplane_root_sha256` is required."},
        {.name = "controlplane_root_sha256",
         .description =
             "SHA-256 (64 hex digits, colons allowed) of the public key (SubjectPublicKeyInfo) of "
             "the control plane's root."},
        {.name = "hostname",
         .description = "How this gateway calls itself towards the tenant. The machine's name if "
                        "it is not set."},
        {.name = "console",
         .description = "Where the pairing code is shown: `stdout`, `none`, or the path of a file "
                        "or terminal.",
         .fallback = "stdout"},
        {.name = "expected_tenant",
         .description = "Tenant id (`tn_...`). If set, a pairing by this tenant is accepted "
                        "without asking and "
                        "any other is refused."},
        {.name = "log_level",
         .type = Type::Choice,
         .description = "The least important events that are logged (JSON lines on stderr).",
         .fallback = "info",
         .choices = {"debug", "info", "warn", "error"}},
        {.name = "remote_endpoints",
         .type = Type::Boolean,
         .description = "Whether the tenant may add, change and remove endpoints and approve their "
                        "certificates from the portal, unless `pcgctl remote` says otherwise.",
         .fallback = "false"},
        {.name = "remote_keys",
         .type = Type::Boolean,
         .description = "Whether the tenant may make, list and revoke access keys from the portal, "
                        "unless `pcgctl remote` says otherwise.",
         .fallback = "false"},
        {.name = "endpoint_check_s",
         .type = Type::Integer,
         .description = "How often each endpoint, its certificate and the stored credentials are "
                        "looked at, give or take a fifth.",
         .fallback = "60",
         .min = 5,
         .max = 3600},
        {.name = "endpoint_networks",
         .description =
             "Networks in which endpoints may lie, for example `10.1.0.0/16,fd00::/8`: a "
             "name is resolved and only addresses in them are connected to. The hosts that a "
             "vCenter's leases name are reached in the same way, so the ESXi hosts' "
             "networks belong here, too. Anywhere if it is not set (hosts of leases: anywhere but "
             "loopback and link-local)."},
    };
    const auto more = egressKeys();
    keys.insert(keys.end(), more.begin(), more.end());
    const auto uploads = uploadKeys();
    keys.insert(keys.end(), uploads.begin(), uploads.end());
    return keys;
}

}  // namespace

const config::Schema& gatewaySchema() {
    static const config::Schema kSchema(allKeys());
    return kSchema;
}

Result<GatewayConfig> gatewayConfigFrom(const config::Settings& settings, std::string_view source) {
    GatewayConfig made;
    made.stateDir = settings.text("state_dir");
    made.controlSocketPath = settings.text("control_socket");
    if (!made.controlSocketPath.empty() && !made.controlSocketPath.is_absolute())
        return fail(badValue(source, "control_socket", "must be an absolute path."));
    made.controlplaneUrl = PCG_TRY(controlplaneUrl(settings.text("controlplane_url"), source));
    made.controlplaneCaFile = settings.text("controlplane_ca_file");
    if (const auto& pin = settings.text("controlplane_root_sha256"); !pin.empty()) {
        made.controlplaneRootSha256 = PCG_TRY(rootPin(pin, source));
    }
    PCG_TRY(checkTrust(made, source));
    made.hostname = PCG_TRY(hostname(settings.text("hostname"), source));
    made.console = settings.text("console");
    if (made.console.empty())
        return fail(badValue(source, "console", "must be stdout, none or a path."));
    if (const auto& tenant = settings.text("expected_tenant"); !tenant.empty()) {
        const auto id = wire::parseTenantId(tenant);
        if (!id) return fail(badValue(source, "expected_tenant", id.error().message()));
        made.expectedTenant = *id;
    }
    made.logLevel = parseLevel(settings.text("log_level"));
    made.remote = {settings.boolean("remote_endpoints"), settings.boolean("remote_keys")};
    made.endpointCheckEvery = std::chrono::seconds(settings.integer("endpoint_check_s"));
    auto networks = net::parseNetworks(settings.text("endpoint_networks"));
    if (!networks) return fail(badValue(source, "endpoint_networks", networks.error().message()));
    made.endpointNetworks = std::move(*networks);
    made.egress = PCG_TRY(egressConfigFrom(settings, source));
    made.uploads = PCG_TRY(uploadConfigFrom(settings, source));
    if (made.controlSocket().native().size() >= sizeof(sockaddr_un::sun_path)) {
        return fail(badValue(source,
                             made.controlSocketPath.empty() ? "state_dir" : "control_socket",
                             "is too long: the path of the control socket in it must stay below " +
                                 std::to_string(sizeof(sockaddr_un::sun_path)) + " characters."));
    }
    return made;
}

Result<GatewayConfig> loadGatewayConfig(const std::filesystem::path& file) {
    const auto settings = PCG_TRY(config::load(gatewaySchema(), file));
    return gatewayConfigFrom(settings, file.string());
}

}  // namespace pcg::gateway
