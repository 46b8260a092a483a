// SPDX-License-Identifier: Apache-2.0
#include "appliance/console/machine.h"

#include "common/base/text.h"
#include "common/codec/json.h"
#include "gateway/ctl/ctl.h"
#include "gateway/gateway_config.h"

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

#include "appliance/console/gateway_facts.h"
#include "appliance/console/system_look.h"
#include "appliance/render/files.h"

namespace pcg::appliance {
namespace {

namespace json = codec::json;

constexpr std::size_t kText = 4096;
constexpr const char* kGatewayConfig = "/etc/pcg-gateway/gateway.json";
constexpr std::chrono::seconds kNameAgain{5};
constexpr std::chrono::seconds kControlPlaneAgain{60};
constexpr std::chrono::seconds kControlPlaneSooner{15};

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
        facts.problems.push_back({textOf(*problem, "code"),
                                  textOf(*problem, "subject"),
                                  textOf(*problem, "message"),
                                  problem->booleanOr("warning", false).value_or(false)});
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

// Of its configuration, as it would say it itself before it ends with 2; else empty.
std::string whatIsRefused() {
    if (::access(kGatewayConfig, R_OK) != 0) return {};
    const auto config = gateway::loadGatewayConfig(kGatewayConfig);
    return config ? std::string() : config.error().message();
}

LateAnswer askForName(const std::string& host) { return {resolves(host)}; }

LateAnswer askControlPlane(const std::string& socket) {
    std::istringstream in;
    std::ostringstream out;
    std::ostringstream err;
    gateway::ctl::run({"--socket", socket, "--json", "controlplane", "check"}, in, out, err);
    const auto said = json::parseObject(out.str());
    if (!said) return {false, "", err.str()};
    const auto reached = said->booleanOr("reached", false);
    return {reached && *reached, textOf(*said, "failure"), textOf(*said, "message")};
}

// What takes no time but the gateway's.
Facts lookWithoutWaiting(const std::string& socket, ClockLook& clock) {
    auto facts = lookAtMachine();
    facts.machine.clock = clock.look();
    std::istringstream in;
    std::ostringstream out;
    std::ostringstream err;
    if (gateway::ctl::run({"--socket", socket, "--json", "status"}, in, out, err) == 0)
        readStatus(out.str(), facts);
    if (!facts.gateway.answers && facts.isAppliance) facts.gateway.lastWords = whatIsRefused();
    if (!facts.isAppliance && facts.gateway.answers) {
        facts.controlplane = "https://" + facts.gateway.target;
        facts.proxy = facts.gateway.proxy;
        facts.source = "the gateway's configuration";
    }
    // What is excepted from the proxy is looked up here, the rest by the proxy.
    if (facts.gateway.way == "direct") facts.proxy.clear();
    facts.machine.nameLookedUp = hostOf(facts.proxy.empty() ? facts.controlplane : facts.proxy);
    return facts;
}

// Until it is paired the gateway itself asks all the time.
bool wantsControlPlane(const GatewayFacts& gateway) {
    return gateway.state == "active" || gateway.state == "enrolling";
}

}  // namespace

Facts lookAtMachine() {
    Facts facts;
    readReport(facts);
    facts.hostname = std::string(trimAscii(readSmall("/proc/sys/kernel/hostname")));
    readCards(facts.machine);
    readAddresses(facts.machine);
    lookAtRouters(facts.machine);
    if (facts.isAppliance) lookAtDisk(facts.problems);
    return facts;
}

Facts lookAround(const std::string& socket, ClockLook& clock) {
    auto facts = lookWithoutWaiting(socket, clock);
    facts.machine.namesResolve = resolves(facts.machine.nameLookedUp);
    if (wantsControlPlane(facts.gateway)) facts.gateway.controlplaneNow = askControlPlane(socket);
    return facts;
}

MachineLook::MachineLook(std::string socket)
    : socket_(std::move(socket)),
      names_(askForName, kNameAgain, kNameAgain),
      controlPlane_([asked = socket_](const std::string&) { return askControlPlane(asked); },
                    kControlPlaneAgain,
                    kControlPlaneSooner) {}

Facts MachineLook::look() {
    auto facts = lookWithoutWaiting(socket_, clock_);
    auto& machine = facts.machine;
    const auto known = names_.to(machine.nameLookedUp);
    machine.namesResolve = known && known->okay;
    machine.namesPending = !known && !machine.nameLookedUp.empty();
    auto& gateway = facts.gateway;
    gateway.controlplaneNow =
        controlPlane_.to(wantsControlPlane(gateway) ? gateway.target : std::string());
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
