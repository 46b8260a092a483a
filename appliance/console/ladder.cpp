// SPDX-License-Identifier: Apache-2.0
#include "appliance/console/ladder.h"

#include <algorithm>

namespace pcg::appliance {
namespace {

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

    void note(std::string name, bool holds, std::string evidence) {
        rungs_.push_back(
            {std::move(name), holds ? RungState::Holds : RungState::Waits, std::move(evidence)});
    }

    std::vector<Rung> take() { return std::move(rungs_); }

  private:
    bool broken_ = false;
    std::vector<Rung> rungs_;
};

bool reachedControlPlane(const GatewayFacts& gateway) {
    return gateway.state == "offered" || gateway.state == "confirm" ||
           gateway.state == "enrolling" || gateway.state == "active" || gateway.state == "cooldown";
}

void network(Builder& rungs, const MachineFacts& machine) {
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
    rungs.add("Router",
              !machine.router.empty(),
              machine.router.empty() ? "there is no default route" : machine.router,
              "ladder.router",
              "Set pcgw.gateway4 to the router of this subnet.");
}

}  // namespace

std::vector<Rung> ladder(const Facts& facts) {
    Builder rungs;
    network(rungs, facts.machine);
    rungs.add("Settings",
              !facts.controlplane.empty(),
              facts.controlplane.empty() ? "the control plane's address is not known"
                                         : "from " + facts.source,
              "ladder.settings",
              "Set pcgw.url, the control plane's https:// address, and restart the VM.");
    rungs.add("Names",
              facts.machine.namesResolve,
              facts.machine.namesResolve ? "the control plane's name has an address"
                                         : "the control plane's name has no address",
              "ladder.dns",
              "Is the name right, and does pcgw.dns name servers that know it?");
    rungs.note("Clock",
               facts.machine.clockIsSet,
               facts.machine.clockIsSet ? "set by NTP" : "not set by NTP (yet)");
    const auto& gateway = facts.gateway;
    rungs.add("Gateway",
              gateway.answers,
              gateway.answers ? "runs" : "does not answer",
              "ladder.gateway",
              "It is starting, or it stopped: see its messages on the serial console.");
    rungs.add("Control plane",
              reachedControlPlane(gateway),
              reachedControlPlane(gateway) ? facts.controlplane
              : gateway.message.empty()    ? "it has not answered yet"
                                           : gateway.message,
              "ladder.controlplane",
              "Let this VM reach " + facts.controlplane + " through the firewall.");
    if (gateway.state == "active") {
        rungs.add("Pairing", true, "with " + gateway.tenantName, "", "");
        rungs.add("Bus",
                  gateway.link == "up",
                  gateway.link == "up" ? "connected" : gateway.link + " " + gateway.linkWhy,
                  "ladder.bus",
                  "Let this VM reach the control plane's message bus through the firewall.");
    } else {
        rungs.note("Pairing", false, "waits for a tenant");
    }
    return rungs.take();
}

}  // namespace pcg::appliance
