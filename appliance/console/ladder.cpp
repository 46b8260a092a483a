// SPDX-License-Identifier: Apache-2.0
#include "appliance/console/ladder.h"

#include <algorithm>
#include <array>

namespace pcg::appliance {
namespace {

// NTP asks again after 32 seconds at most in the beginning.
constexpr std::int64_t kTimeForNtpSeconds = 180;

std::string firstOf(const std::vector<std::string>& words) {
    if (words.empty()) return {};
    return words.front() + (words.size() > 1 ? " and more" : "");
}

class Builder {
  public:
    // Once a rung failed, the ones above it wait.
    void add(
        std::string name, bool holds, std::string evidence, std::string code, std::string remedy) {
        if (broken_) {
            rungs_.push_back({std::move(name), RungState::Waits, "waits for the one before"});
            return;
        }
        if (holds) {
            rungs_.push_back({std::move(name), RungState::Holds, std::move(evidence)});
            return;
        }
        broken_ = true;
        rungs_.push_back({std::move(name),
                          RungState::Fails,
                          std::move(evidence),
                          std::move(code),
                          std::move(remedy)});
    }

    // Likewise, but what stands above does not need this one.
    void addAside(
        std::string name, bool holds, std::string evidence, std::string code, std::string remedy) {
        const bool before = broken_;
        add(std::move(name), holds, std::move(evidence), std::move(code), std::move(remedy));
        broken_ = before;
    }

    // These hold nothing up.
    void note(std::string name, bool holds, std::string evidence) {
        rungs_.push_back(
            {std::move(name), holds ? RungState::Holds : RungState::Waits, std::move(evidence)});
    }

    void warn(std::string name, std::string evidence, std::string code, std::string remedy) {
        rungs_.push_back({std::move(name),
                          RungState::Warns,
                          std::move(evidence),
                          std::move(code),
                          std::move(remedy)});
    }

    std::vector<Rung> take() { return std::move(rungs_); }

  private:
    bool broken_ = false;
    std::vector<Rung> rungs_;
};

// Afterwards the gateway does not ask for itself: what was found out a moment ago counts.
bool isClaimed(const GatewayFacts& gateway) {
    return gateway.state == "enrolling" || gateway.state == "active";
}

bool reachedControlPlane(const GatewayFacts& gateway) {
    if (isClaimed(gateway)) return gateway.controlplaneNow && gateway.controlplaneNow->okay;
    return gateway.state == "offered" || gateway.state == "confirm" || gateway.state == "cooldown";
}

bool failedControlPlane(const GatewayFacts& gateway) {
    return isClaimed(gateway) && gateway.controlplaneNow && !gateway.controlplaneNow->okay;
}

// Of the pairing or the link, else of the control plane.
std::string failureOf(const GatewayFacts& gateway) {
    if (!gateway.failure.empty()) return gateway.failure;
    return failedControlPlane(gateway) ? gateway.controlplaneNow->code : std::string();
}

void network(Builder& rungs, const Facts& facts) {
    const auto& machine = facts.machine;
    const bool any = !machine.interfaces.empty();
    rungs.add("Link",
              machine.carrier,
              !any              ? "no network card was found"
              : machine.carrier ? firstOf(machine.interfaces) + " is connected"
                                : firstOf(machine.interfaces) + " has no link",
              "ladder.link",
              any ? "Connect the VM's network card to a port group or network."
                  : "Give the VM a network card (vmxnet3, virtio or e1000).");
    rungs.add("Address",
              !machine.addresses.empty(),
              machine.addresses.empty() ? "no address was given" : firstOf(machine.addresses),
              "ladder.address",
              "Is there a DHCP server in this network? If not, set pcgw.ipv4 and pcgw.gateway4.");
    if (machine.routerSilent) {
        rungs.add("Router",
                  false,
                  machine.router + " does not answer at this link (ARP, neighbour discovery)",
                  "ladder.router_silent",
                  "Is pcgw.gateway4 the router of this subnet, does it run, and is the VM in the "
                  "right port group or VLAN?");
    } else {
        rungs.add("Router",
                  !machine.router.empty(),
                  machine.router.empty() ? "there is no default route" : machine.router,
                  "ladder.router",
                  "Set pcgw.gateway4 to the router of this subnet.");
    }
    rungs.add(
        "Settings",
        !facts.controlplane.empty(),
        facts.controlplane.empty() ? "the control plane's address is not known"
                                   : "from " + facts.source,
        "ladder.settings",
        "Set pcgw.url, the control plane's https:// address: with F2 at the console, or among "
        "the VM's properties, and restart it.");
}

// Somebody's own machine: how it is connected is theirs to know, and only the gateway says how it
// was configured.
void ownMachine(Builder& rungs, const Facts& facts) {
    const auto& machine = facts.machine;
    rungs.note(
        "Link",
        machine.carrier,
        machine.carrier ? firstOf(machine.interfaces) + " is connected" : "none but loopback");
    rungs.note("Address",
               !machine.addresses.empty(),
               machine.addresses.empty() ? "none but loopback" : firstOf(machine.addresses));
    rungs.note("Router",
               !machine.router.empty(),
               machine.router.empty() ? "there is no default route" : machine.router);
    rungs.note("Settings",
               facts.gateway.answers,
               facts.gateway.answers ? "from " + facts.source : "known when the gateway runs");
}

void names(Builder& rungs, const Facts& facts) {
    const auto& machine = facts.machine;
    const bool ofProxy = !facts.proxy.empty();
    const std::string whose = ofProxy ? "the proxy's name " : "the control plane's name ";
    const auto name = machine.nameLookedUp.empty() ? "" : "(" + machine.nameLookedUp + ") ";
    if (!facts.isAppliance && !facts.gateway.answers) {
        rungs.note("Names", false, "looked up when the gateway runs");
        return;
    }
    if (machine.namesPending) {
        rungs.note("Names", false, whose + name + "is being looked up");
        return;
    }
    rungs.add("Names",
              machine.namesResolve,
              whose + name + (machine.namesResolve ? "has an address" : "has no address"),
              "ladder.dns",
              !facts.isAppliance ? "Is the name right, and does /etc/resolv.conf name servers that "
                                   "know it?"
              : ofProxy ? "Is the name in pcgw.proxy right, and does pcgw.dns name servers that "
                          "know it? An address will do, too."
                        : "Is the name right, and does pcgw.dns name servers that know it?");
}

void clock(Builder& rungs, const Facts& facts) {
    const auto& clock = facts.machine.clock;
    const auto says = clock.says.empty() ? std::string() : "; it says " + clock.says;
    if (clock.isSet) {
        rungs.note(
            "Clock",
            true,
            "set by NTP" + (clock.server.empty() ? "" : " from " + clock.server) +
                (clock.offsetMs ? ", " + inWords(*clock.offsetMs) + " off when last asked" : "") +
                says);
        return;
    }
    if (clock.uptimeSeconds < kTimeForNtpSeconds) {
        rungs.note("Clock", false, "not set by NTP (yet)" + says);
        return;
    }
    rungs.warn(
        "Clock",
        (clock.server.empty() ? "no NTP server was found" : clock.server + " does not answer") +
            says,
        "ladder.clock",
        facts.isAppliance ? "Set pcgw.ntp to a server that this VM reaches by UDP 123. A "
                            "clock that is wrong lets certificates fail."
                          : "Let it be set by NTP (timedatectl, chronyc). A clock that is "
                            "wrong lets certificates fail.");
}

struct ProxyAdvice {
    std::string_view failure;  // the gateway's
    std::string_view code;
    std::string_view remedy;  // with a blank at its end: the target belongs there
    std::string_view own{};   // on somebody's own machine, if that differs
};

constexpr std::string_view kBehindTheProxy =
    "Open the firewall behind the proxy, and look at the proxy's DNS, for ";

constexpr std::array<ProxyAdvice, 6> kProxyAdvice{{
    {"net.proxy_unreachable",
     "ladder.proxy_unreachable",
     "Is the proxy's address right (pcgw.proxy), does it run, and may this VM reach its port?",
     "Is the proxy's address right (proxy_url), does it run, and may this machine reach its port?"},
    {"net.proxy_credentials",
     "ladder.proxy_credentials",
     "Set pcgw.proxy_user and pcgw.proxy_password; ask the proxy's admin for an account that may "
     "log in in the Basic way.",
     "Look at proxy_credentials_file; ask the proxy's admin for an account that may log in in the "
     "Basic way."},
    {"net.proxy_forbidden", "ladder.proxy_forbidden", "Ask the proxy's admin to allow CONNECT to "},
    {"net.proxy_upstream", "ladder.proxy_upstream", kBehindTheProxy},
    {"net.proxy_timeout", "ladder.proxy_timeout", kBehindTheProxy},
    {"net.proxy_protocol",
     "ladder.proxy_protocol",
     "Are scheme and port of pcgw.proxy right? What answers there is no HTTP proxy.",
     "Are scheme and port of proxy_url right? What answers there is no HTTP proxy."},
}};

std::string whatFailed(const GatewayFacts& gateway) {
    if (gateway.failure.empty() && failedControlPlane(gateway))
        return gateway.controlplaneNow->text;
    const auto& text = gateway.state == "active" ? gateway.linkWhy : gateway.message;
    return text.empty() ? gateway.failure : text;
}

void proxy(Builder& rungs, const Facts& facts) {
    const auto& gateway = facts.gateway;
    const auto& given = gateway.proxy.empty() ? facts.proxy : gateway.proxy;
    if (given.empty()) return rungs.add("Proxy", true, "none is set", "", "");
    const auto* advice = std::ranges::find(kProxyAdvice, failureOf(gateway), &ProxyAdvice::failure);
    if (advice == kProxyAdvice.end())
        return rungs.add("Proxy",
                         true,
                         gateway.way.empty() ? given : withWhy(gateway.way, gateway.wayWhy),
                         "",
                         "");
    const auto remedy = facts.isAppliance || advice->own.empty() ? advice->remedy : advice->own;
    rungs.add("Proxy",
              false,
              given + ": " + whatFailed(gateway),
              std::string(advice->code),
              std::string(remedy) + (remedy.ends_with(' ') ? gateway.target + "." : ""));
}

void inspection(Builder& rungs, const GatewayFacts& gateway) {
    if (gateway.inspections.empty()) {
        return rungs.add("TLS",
                         true,
                         reachedControlPlane(gateway) ? "nobody inspects it" : "nothing was seen",
                         "",
                         "");
    }
    const auto& found = gateway.inspections.front();
    const auto hash = found.issuerSha256.empty()
                          ? "the certificate's SHA-256 is " + found.shownSha256
                          : "SHA-256 " + found.issuerSha256;
    const auto evidence = found.allow + " is answered by \"" + found.issuer + "\", " + hash;
    const bool isOwned = gateway.state == "active" || gateway.link == "up";
    const auto remedy =
        "Let " + found.allow + " through without TLS inspection." +
        (isOwned ? "" : " If it may read the pairing along: give its CA as inspection_ca.");
    // Where it is let by for the pairing alone.
    const bool refused = failureOf(gateway) == "net.tls_intercepted";
    const bool readsAlong = gateway.state == "offered" || gateway.state == "confirm" ||
                            (gateway.state == "enrolling" && !refused);
    const bool up = gateway.link == "up";
    if (!up && !readsAlong)
        return rungs.add("TLS", false, evidence, "ladder.tls_inspection", remedy);
    // The control plane's door alone: the bus goes on.
    if (up && refused)
        return rungs.addAside("TLS", false, evidence, "ladder.tls_inspection", remedy);
    rungs.warn("TLS", evidence, "ladder.tls_inspection", remedy);
}

void controlPlane(Builder& rungs, const Facts& facts) {
    const auto& gateway = facts.gateway;
    const bool reached = reachedControlPlane(gateway);
    const bool failed = failedControlPlane(gateway);
    const auto target = facts.controlplane.empty() ? gateway.target : facts.controlplane;
    // Asked a moment ago: what fails has a message.
    if (!reached && !failed && gateway.answers && (isClaimed(gateway) || gateway.message.empty()))
        return rungs.note("Control plane", false, "it has not answered yet");
    auto evidence = failed                ? gateway.controlplaneNow->text
                    : !reached            ? gateway.message
                    : gateway.way.empty() ? target
                                          : target + ", " + withWhy(gateway.way, gateway.wayWhy);
    const auto& clock = facts.machine.clock;
    if (!reached && !clock.isSet && !clock.says.empty())
        evidence += " (this machine's clock says " + clock.says + ")";
    // A bus that is up goes on without it, until the certificate is to be renewed.
    const auto remedy = "Let this machine reach " + target + " through the firewall.";
    if (gateway.state == "active" && gateway.link == "up")
        return rungs.addAside("Control plane", reached, evidence, "ladder.controlplane", remedy);
    rungs.add("Control plane", reached, evidence, "ladder.controlplane", remedy);
}

void bus(Builder& rungs, const GatewayFacts& gateway) {
    if (gateway.link == "up")  // whatever else is wrong
        return rungs.note(
            "Bus",
            true,
            "connected" + (gateway.busWay.empty()
                               ? ""
                               : " by " + withWhy(busWayOf(gateway), gateway.busWayWhy)));
    rungs.add("Bus",
              false,
              gateway.link + " " + gateway.linkWhy,
              "ladder.bus",
              "Let this machine reach the control plane's message bus through the firewall.");
}

void pairing(Builder& rungs, const GatewayFacts& gateway) {
    if (gateway.state == "active") return rungs.note("Pairing", true, "with " + gateway.tenantName);
    rungs.note("Pairing",
               false,
               gateway.state == "enrolling" ? "accepted for " + gateway.tenantName +
                                                  "; the tenant's yes and the papers are waited for"
               : gateway.state == "confirm" ? "a tenant asks and waits for the answer"
                                            : "waits for a tenant");
}

void gatewayRung(Builder& rungs, const Facts& facts) {
    const auto& gateway = facts.gateway;
    // Whatever else is wrong.
    if (gateway.answers) return rungs.note("Gateway", true, "runs");
    const auto& reason = gateway.lastWords;
    rungs.add("Gateway",
              false,
              reason.empty() ? "does not answer" : "it refuses its configuration: " + reason,
              "ladder.gateway",
              !facts.isAppliance ? "Start it, or look why it stopped: systemctl status "
                                   "pcg-gateway. A socket elsewhere is named with --socket."
              : reason.empty()   ? "It is starting. If that lasts, its messages are in a support "
                                   "bundle: with F2 at the console, or pcgctl support-bundle."
                                 : "Correct that value: with F2 at the console, or among the VM's "
                                   "properties, and restart it.");
}

}  // namespace

std::string inWords(std::int64_t milliseconds) {
    const auto size = milliseconds < 0 ? -milliseconds : milliseconds;
    return size < 10'000 ? std::to_string(size) + " ms" : std::to_string(size / 1000) + " s";
}

std::string busWayOf(const GatewayFacts& gateway) {
    // "WebSocket, through the proxy ..." says both itself.
    const bool bySocket = gateway.busWay.empty() || gateway.busWay.starts_with("WebSocket");
    return (bySocket ? "" : "NATS, ") + gateway.busWay;
}

std::string withWhy(const std::string& way, const std::string& why) {
    return why.empty() ? way : way + " (" + why + ")";
}

std::string_view markOf(RungState state) {
    switch (state) {
        case RungState::Holds:
            return "[ok] ";
        case RungState::Waits:
            return "[  ] ";
        case RungState::Warns:
            return "[! ] ";
        case RungState::Fails:
            return "[!!] ";
    }
    return "[  ] ";
}

std::vector<Rung> ladder(const Facts& facts) {
    Builder rungs;
    if (facts.isAppliance)
        network(rungs, facts);
    else
        ownMachine(rungs, facts);
    names(rungs, facts);
    clock(rungs, facts);
    gatewayRung(rungs, facts);
    proxy(rungs, facts);
    inspection(rungs, facts.gateway);
    controlPlane(rungs, facts);
    pairing(rungs, facts.gateway);
    if (facts.gateway.state == "active") bus(rungs, facts.gateway);
    return rungs.take();
}

}  // namespace pcg::appliance
