// SPDX-License-Identifier: Apache-2.0
#include "appliance/console/machine.h"

#include "common/base/text.h"
#include "common/codec/json.h"
#include "gateway/ctl/ctl.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <unistd.h>

#include "appliance/render/files.h"

namespace pcg::appliance {
namespace {

namespace json = codec::json;

constexpr std::size_t kText = 4096;

std::string textOf(const json::Object& object, std::string_view name) {
    const auto text = object.optionalString(name, kText);
    return text && *text ? **text : std::string();
}

std::string readSmall(const std::string& path) {
    std::ifstream in(path);
    std::string text(64 * 1024, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    return text;
}

void readReport(Facts& facts) {
    const auto text = readSmall(std::string(kReportPath));
    facts.isAppliance = !text.empty();
    const auto report = json::parseObject(text);
    if (!report) return;
    facts.controlplane = textOf(*report, "controlplane");
    facts.proxy = textOf(*report, "proxy");
    facts.source = textOf(*report, "source");
    const auto problems = report->array("problems", 64);
    if (!problems) return;
    for (const auto& item : **problems) {
        const auto* problem = item.asObject();
        if (problem == nullptr) continue;
        facts.problems.push_back(
            {textOf(*problem, "code"), textOf(*problem, "subject"), textOf(*problem, "message")});
    }
}

void readCards(MachineFacts& machine) {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator("/sys/class/net", error)) {
        const auto name = entry.path().filename().string();
        if (name == "lo") continue;
        machine.interfaces.push_back(name);
        if (readSmall(entry.path() / "carrier").starts_with('1')) machine.carrier = true;
    }
    std::ranges::sort(machine.interfaces);
}

void readAddresses(MachineFacts& machine) {
    ifaddrs* list = nullptr;
    if (::getifaddrs(&list) != 0) return;
    const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner(list, &::freeifaddrs);
    for (const auto* at = list; at != nullptr; at = at->ifa_next) {
        if (at->ifa_addr == nullptr || (at->ifa_flags & IFF_LOOPBACK) != 0) continue;
        std::array<char, INET6_ADDRSTRLEN> text{};
        if (at->ifa_addr->sa_family == AF_INET) {
            const auto* v4 = reinterpret_cast<const sockaddr_in*>(at->ifa_addr);
            ::inet_ntop(AF_INET, &v4->sin_addr, text.data(), text.size());
        } else if (at->ifa_addr->sa_family == AF_INET6) {
            const auto* v6 = reinterpret_cast<const sockaddr_in6*>(at->ifa_addr);
            if (IN6_IS_ADDR_LINKLOCAL(&v6->sin6_addr)) continue;
            ::inet_ntop(AF_INET6, &v6->sin6_addr, text.data(), text.size());
        } else {
            continue;
        }
        machine.addresses.emplace_back(text.data());
    }
}

// /proc/net/route: destination and gateway in hexadecimal, the host's byte order.
void readRouter(MachineFacts& machine) {
    std::istringstream lines(readSmall("/proc/net/route"));
    std::string card;
    std::string destination;
    std::string gateway;
    std::string line;
    while (std::getline(lines, line)) {
        std::istringstream words(line);
        words >> card >> destination >> gateway;
        if (destination != "00000000" || gateway.size() != 8 || gateway == "00000000") continue;
        const in_addr address{static_cast<in_addr_t>(std::stoul(gateway, nullptr, 16))};
        std::array<char, INET_ADDRSTRLEN> text{};
        ::inet_ntop(AF_INET, &address, text.data(), text.size());
        machine.router = text.data();
    }
    // IPv6: zeros with a prefix of 0 through a real router.
    std::istringstream v6(readSmall("/proc/net/ipv6_route"));
    while (machine.router.empty() && std::getline(v6, line)) {
        const std::string zeros(32, '0');
        if (line.starts_with(zeros + " 00 ") && line.find(" lo") == std::string::npos &&
            line.size() > 104 && line.substr(72, 32) != zeros) {
            machine.router = "an IPv6 router";
        }
    }
}

// Of "https://host:port".
std::string hostOf(const std::string& url) {
    const auto scheme = url.find("://");
    auto host = scheme == std::string::npos ? url : url.substr(scheme + 3);
    return host.starts_with('[') ? host.substr(1, host.find(']') - 1)
                                 : host.substr(0, host.find(':'));
}

bool resolves(const std::string& host) {
    if (host.empty()) return false;
    addrinfo* found = nullptr;
    if (::getaddrinfo(host.c_str(), nullptr, nullptr, &found) != 0) return false;
    ::freeaddrinfo(found);
    return true;
}

std::string wayOf(const json::Object& object) {
    const auto way = object.optionalObject("way");
    return way && *way != nullptr ? textOf(**way, "text") : std::string();
}

void readEgress(const json::Object& egress, GatewayFacts& gateway) {
    gateway.target = textOf(egress, "control_plane");
    gateway.proxy = textOf(egress, "proxy");
    gateway.way = wayOf(egress);
    const auto intercepted = egress.array("intercepted", 64);
    if (!intercepted) return;
    for (const auto& item : **intercepted) {
        if (const auto* found = item.asObject()) {
            gateway.inspections.push_back({textOf(*found, "allow"),
                                           textOf(*found, "issuer"),
                                           textOf(*found, "issuer_sha256"),
                                           textOf(*found, "shown_sha256")});
        }
    }
}

void readGateway(const json::Object& status, Facts& facts) {
    auto& gateway = facts.gateway;
    gateway.answers = true;
    facts.version = textOf(status, "version");
    if (const auto egress = status.object("egress")) readEgress(**egress, gateway);
    if (const auto pairing = status.object("pairing")) {
        gateway.state = textOf(**pairing, "state");
        gateway.message = textOf(**pairing, "message");
        gateway.failure = textOf(**pairing, "failure");
        gateway.code = textOf(**pairing, "code");
        const auto left = (*pairing)->optionalInteger("expires_in_ms");
        gateway.expiresInSeconds = left && *left ? **left / 1000 : 0;
        gateway.sas = textOf(**pairing, "sas");
        gateway.tenantName = textOf(**pairing, "tenant_name");
        gateway.tenantId = textOf(**pairing, "tenant_id");
        gateway.requestedBy = textOf(**pairing, "requested_by");
    }
    if (const auto link = status.object("link")) {
        gateway.link = textOf(**link, "state");
        gateway.linkWhy = textOf(**link, "why");
        gateway.busWay = wayOf(**link);
        if (gateway.state == "active") gateway.failure = textOf(**link, "failure");
    }
    if (const auto policy = status.object("policy")) {
        const auto paused = (*policy)->booleanOr("paused", false);
        gateway.paused = paused && *paused;
    }
    const auto endpoints = status.array("endpoints", 1024);
    if (!endpoints) return;
    for (const auto& item : **endpoints)
        if (const auto* endpoint = item.asObject())
            gateway.endpoints.push_back(
                {textOf(*endpoint, "name"), textOf(*endpoint, "state"), textOf(*endpoint, "why")});
}

}  // namespace

Facts lookAround(const std::string& socket, ClockLook& clock) {
    Facts facts;
    readReport(facts);
    facts.hostname = std::string(trimAscii(readSmall("/proc/sys/kernel/hostname")));
    readCards(facts.machine);
    readAddresses(facts.machine);
    readRouter(facts.machine);
    facts.machine.clock = clock.look();
    std::istringstream in;
    std::ostringstream out;
    std::ostringstream err;
    if (gateway::ctl::run({"--socket", socket, "--json", "status"}, in, out, err) == 0) {
        const auto status = json::parseObject(out.str(), 8_MiB);
        if (status) readGateway(*status, facts);
    }
    if (!facts.isAppliance && facts.gateway.answers) {
        facts.controlplane = "https://" + facts.gateway.target;
        facts.proxy = facts.gateway.proxy;
        facts.source = "the gateway's configuration";
    }
    // What is excepted from the proxy is looked up here, the rest by the proxy.
    if (facts.gateway.way == "direct") facts.proxy.clear();
    auto& machine = facts.machine;
    machine.nameLookedUp = hostOf(facts.proxy.empty() ? facts.controlplane : facts.proxy);
    machine.namesResolve = resolves(machine.nameLookedUp);
    return facts;
}

std::string answerPairing(const std::string& socket, bool accept) {
    std::istringstream in;
    std::ostringstream out;
    std::ostringstream err;
    const int code = gateway::ctl::run(
        {"--socket", socket, "pairing", accept ? "accept" : "reject"}, in, out, err);
    return code == 0 ? (accept ? "Accepted." : "Refused.") : err.str();
}

}  // namespace pcg::appliance
