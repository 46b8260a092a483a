// SPDX-License-Identifier: Apache-2.0
#include "appliance/console/troubles.h"

#include <algorithm>
#include <string_view>

namespace pcg::appliance {
namespace {

std::string remedyOf(const EndpointFacts& endpoint) {
    const auto& name = endpoint.name;
    if (endpoint.state == "untrusted" || endpoint.state == "certificate_changed")
        return "Compare its certificate's SHA-256 with the endpoint's own, then: pcgctl endpoint "
               "approve " +
               name + " --sha256 HEX";
    if (endpoint.state == "bad_credentials")
        return "Set new ones: pcgctl endpoint credentials " + name;
    return "Is its address right, and does the firewall let this machine reach it? Then: pcgctl "
           "endpoint check " +
           name;
}

Rung endpointRung(const EndpointFacts& endpoint) {
    Rung rung{"Endpoint " + endpoint.name, RungState::Holds, endpoint.state};
    if (endpoint.state == "ok") return rung;
    if (endpoint.state == "checking") {
        rung.state = RungState::Waits;
        return rung;
    }
    rung.state = RungState::Fails;
    rung.evidence += endpoint.why.empty() ? "" : ": " + endpoint.why;
    rung.code = "ladder.endpoint";
    rung.remedy = remedyOf(endpoint);
    return rung;
}

// Is that said by a rung that stands there, and does not hold?
bool isSaid(std::string_view code, const std::vector<Rung>& ladder) {
    if (code == "not_paired" || code.starts_with("endpoint_")) return true;
    const auto name = code.starts_with("controlplane_") ? "Control plane"
                      : code == "tls_intercepted"       ? "TLS"
                      : code == "link_down"             ? "Bus"
                                                        : "";
    return std::ranges::any_of(ladder, [name](const Rung& rung) {
        return rung.name == name && rung.state != RungState::Holds;
    });
}

std::string evidenceOf(const GatewayWarning& warning) {
    auto text = warning.title;
    if (!warning.subject.empty()) text += " (" + warning.subject + ")";
    return warning.detail.empty() ? text : text + ": " + warning.detail;
}

class Ordered {
  public:
    void add(const std::vector<Rung>& rungs, RungState state) {
        for (const auto& rung : rungs) {
            if (rung.state != state) continue;
            const auto name = rung.code == "ladder.endpoint" ? rung.name + " " : std::string();
            list_.push_back(
                {rung.code + ": " + name + rung.evidence, rung.remedy, state == RungState::Fails});
        }
    }

    void add(const std::vector<Problem>& problems, bool warnings) {
        for (const auto& problem : problems) {
            if (problem.isWarning != warnings) continue;
            list_.push_back({problem.code + ": " + problem.message, "", !warnings});
        }
    }

    std::vector<Trouble> take() { return std::move(list_); }

  private:
    std::vector<Trouble> list_;
};

}  // namespace

std::vector<Rung> endpointRungs(const GatewayFacts& gateway) {
    std::vector<Rung> rungs;
    rungs.reserve(gateway.endpoints.size());
    for (const auto& endpoint : gateway.endpoints) rungs.push_back(endpointRung(endpoint));
    return rungs;
}

std::vector<Rung> warningRungs(const GatewayFacts& gateway, const std::vector<Rung>& ladder) {
    std::vector<Rung> rungs;
    for (const auto& warning : gateway.warnings) {
        if (isSaid(warning.code, ladder)) continue;
        rungs.push_back({"Gateway",
                         warning.severity == "critical" ? RungState::Fails : RungState::Warns,
                         evidenceOf(warning),
                         "gateway." + warning.code,
                         warning.nextStep});
    }
    return rungs;
}

std::vector<Trouble> troubles(const Facts& facts) {
    const auto rungs = ladder(facts);
    auto gateway = facts.gateway;
    // A note is no trouble; the page says what is stolen with the disk.
    std::erase_if(gateway.warnings,
                  [](const GatewayWarning& warning) { return warning.severity == "note"; });
    const auto warnings = warningRungs(gateway, rungs);
    Ordered list;
    list.add(rungs, RungState::Fails);
    list.add(facts.problems, false);
    list.add(warnings, RungState::Fails);
    list.add(endpointRungs(gateway), RungState::Fails);
    list.add(facts.problems, true);
    list.add(rungs, RungState::Warns);
    list.add(warnings, RungState::Warns);
    return list.take();
}

}  // namespace pcg::appliance
