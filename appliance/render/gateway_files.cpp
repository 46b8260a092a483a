// SPDX-License-Identifier: Apache-2.0
#include "common/codec/json.h"

#include "appliance/render/files.h"

namespace pcg::appliance {
namespace {

namespace json = codec::json;

constexpr const char* kStateDir = "/var/lib/pcg-gateway";
constexpr const char* kCaFile = "/etc/pcg-gateway/controlplane-ca.pem";
constexpr const char* kProxyCaFile = "/etc/pcg-gateway/proxy-ca.pem";
constexpr const char* kInspectionCaFile = "/etc/pcg-gateway/inspection-ca.pem";
constexpr const char* kConfigFile = "/etc/pcg-gateway/gateway.json";
constexpr const char* kKeysFile = "/etc/pcg-appliance/authorized_keys";
constexpr const char* kOpeningFile = "/etc/pcg-appliance/firewall.d/ssh.nft";
// What root may read, and where systemd shows it to the gateway's user (LoadCredential= of its
// unit).
constexpr const char* kCredentialSource = "/etc/pcg-gateway/proxy-credentials";
constexpr const char* kCredential = "/run/credentials/pcg-gateway.service/proxy-credentials";
constexpr const char* kSystemCaFile = "/etc/ssl/certs/ca-certificates.crt";

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const auto& word : words) text += (text.empty() ? "" : ",") + word;
    return text;
}

void addProxy(json::Object& config, const ProxySettings& proxy) {
    if (proxy.url.empty()) return;
    config.set("proxy_url", proxy.url);
    if (proxy.url.starts_with("https://"))
        config.set("proxy_ca_file", proxy.caPem.empty() ? kSystemCaFile : kProxyCaFile);
    if (!proxy.user.empty()) config.set("proxy_credentials_file", kCredential);
    if (!proxy.exceptions.empty()) config.set("proxy_exceptions", joined(proxy.exceptions));
}

std::string gatewayConfig(const Settings& settings) {
    json::Object config;
    config.set("state_dir", kStateDir)
        .set("control_socket", std::string(kGatewaySocket))
        .set("controlplane_url", settings.controlplaneUrl)
        .set("hostname", settings.hostname)
        .set("console", "none");  // pcg-console shows it
    if (!settings.rootSha256.empty())
        config.set("controlplane_root_sha256", settings.rootSha256);
    else
        config.set("controlplane_ca_file", settings.caPem.empty() ? kSystemCaFile : kCaFile);
    addProxy(config, settings.proxy);
    if (!settings.inspectionCaPem.empty())
        config.set("tls_inspection", "allow-pairing")
            .set("tls_inspection_ca_file", kInspectionCaFile);
    config.set("egress_socket", std::string(kGateSocket))
        .set("endpoint_networks", joined(settings.networks));
    if (!settings.tenant.empty()) config.set("expected_tenant", settings.tenant);
    if (settings.remote == "endpoints" || settings.remote == "all")
        config.set("remote_endpoints", true);
    if (settings.remote == "keys" || settings.remote == "all") config.set("remote_keys", true);
    return json::write(config) + "\n";
}

}  // namespace

std::vector<File> gatewayFiles(const Settings& settings) {
    std::vector<File> files;
    if (!settings.caPem.empty()) files.push_back({kCaFile, 0644, settings.caPem});
    const auto& proxy = settings.proxy;
    if (!proxy.caPem.empty()) files.push_back({kProxyCaFile, 0644, proxy.caPem});
    if (!settings.inspectionCaPem.empty())
        files.push_back({kInspectionCaFile, 0644, settings.inspectionCaPem});
    if (!proxy.url.empty() && !proxy.user.empty())
        files.push_back({kCredentialSource, 0600, proxy.user + ":" + proxy.password + "\n"});
    if (!settings.controlplaneUrl.empty())
        files.insert(files.end(),
                     {{kConfigFile, 0644, gatewayConfig(settings)}, gateFile(settings)});
    if (!settings.sshKeys.empty()) {
        std::string keys;
        for (const auto& key : settings.sshKeys) keys += key + "\n";
        files.push_back({kKeysFile, 0644, keys});
        files.push_back({kOpeningFile, 0644, "tcp dport 22 accept\n"});
    }
    return files;
}

std::vector<std::string> optionalFiles() {
    return {kCaFile,
            kProxyCaFile,
            kInspectionCaFile,
            kConfigFile,
            kCredentialSource,
            kKeysFile,
            kOpeningFile,
            std::string(kGatePath),
            std::string(kNtpFile)};
}

File reportFile(const std::string& source,
                const Settings& settings,
                const std::vector<Problem>& problems) {
    json::Array items;
    for (const auto& problem : problems) {
        json::Object item;
        item.set("code", problem.code)
            .set("subject", problem.subject)
            .set("message", problem.message);
        if (problem.isWarning) item.set("warning", true);
        items.emplace_back(std::move(item));
    }
    json::Object report;
    report.set("source", source)
        .set("hostname", settings.hostname)
        .set("controlplane", settings.controlplaneUrl)
        .set("proxy", settings.proxy.url)
        .set("ssh", !settings.sshKeys.empty())
        .set("problems", std::move(items));
    return {std::string(kReportPath), 0644, json::write(report) + "\n"};
}

}  // namespace pcg::appliance
