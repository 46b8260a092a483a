// SPDX-License-Identifier: Apache-2.0
#include "common/codec/json.h"

#include "appliance/render/files.h"

namespace pcg::appliance {
namespace {

namespace json = codec::json;

constexpr const char* kStateDir = "/var/lib/pcg-gateway";
constexpr const char* kCaFile = "/etc/pcg-gateway/controlplane-ca.pem";
constexpr const char* kConfigFile = "/etc/pcg-gateway/gateway.json";
constexpr const char* kKeysFile = "/etc/pcg-appliance/authorized_keys";
constexpr const char* kOpeningFile = "/etc/pcg-appliance/firewall.d/ssh.nft";
constexpr const char* kSystemCaFile = "/etc/ssl/certs/ca-certificates.crt";

std::string gatewayConfig(const Settings& settings) {
    json::Object config;
    config.set("state_dir", kStateDir)
        .set("controlplane_url", settings.controlplaneUrl)
        .set("hostname", settings.hostname)
        .set("console", "none");  // pcg-console shows it
    if (!settings.rootSha256.empty())
        config.set("controlplane_root_sha256", settings.rootSha256);
    else
        config.set("controlplane_ca_file", settings.caPem.empty() ? kSystemCaFile : kCaFile);
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
    if (!settings.controlplaneUrl.empty())
        files.push_back({kConfigFile, 0644, gatewayConfig(settings)});
    if (!settings.sshKeys.empty()) {
        std::string keys;
        for (const auto& key : settings.sshKeys) keys += key + "\n";
        files.push_back({kKeysFile, 0644, keys});
        files.push_back({kOpeningFile, 0644, "tcp dport 22 accept\n"});
    }
    return files;
}

std::vector<std::string> optionalFiles() {
    return {kCaFile, kConfigFile, kKeysFile, kOpeningFile, std::string(kNtpFile)};
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
        items.emplace_back(std::move(item));
    }
    json::Object report;
    report.set("source", source)
        .set("hostname", settings.hostname)
        .set("controlplane", settings.controlplaneUrl)
        .set("ssh", !settings.sshKeys.empty())
        .set("problems", std::move(items));
    return {std::string(kReportPath), 0644, json::write(report) + "\n"};
}

}  // namespace pcg::appliance
