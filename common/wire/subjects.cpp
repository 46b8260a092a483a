// SPDX-License-Identifier: Apache-2.0
#include "common/wire/subjects.h"

#include "common/wire/errc.h"

#include <array>
#include <utility>

namespace pcg::wire {
namespace {

constexpr std::string_view kRoot = "pcg.v1.";
constexpr std::string_view kToGateway = ".rpc.s.";
constexpr std::string_view kToIngress = ".evt.s.";
constexpr std::size_t kNkeyLength = 56;

constexpr std::array<std::pair<std::string_view, SubjectKind>, 11> kFixed{{
    {".rpc.open", SubjectKind::Open},
    {".evt.hello", SubjectKind::Hello},
    {".evt.inventory", SubjectKind::Inventory},
    {".evt.audit", SubjectKind::AuditHeads},
    {".evt.uploads", SubjectKind::Uploads},
    {".hb", SubjectKind::Heartbeat},
    {".ctl.welcome", SubjectKind::Welcome},
    {".ctl.unpair", SubjectKind::Unpair},
    {".ctl.renew-now", SubjectKind::RenewNow},
    {".ctl.ping", SubjectKind::Ping},
    {".evt.pong", SubjectKind::Pong},
}};

}  // namespace

Permissions gatewayPermissions(std::string_view nkey) {
    const auto prefix = std::string(kRoot) + std::string(nkey);
    return {.publish = {prefix + ".evt.>", prefix + ".hb"},
            .subscribe = {prefix + ".rpc.>", prefix + ".ctl.>", prefix + ".inbox.>"}};
}

Permissions controlPlanePermissions() {
    return {.publish = {"pcg.v1.*.rpc.>", "pcg.v1.*.ctl.>"},
            .subscribe = {"pcg.v1.*.evt.>",
                          std::string(kAnyHeartbeat),
                          std::string(kControlPlaneInboxPrefix) + ".>"}};
}

std::string anyToIngress(const InstanceId& ingress) { return "pcg.v1.*.evt.s." + ingress.text(); }

std::string openSlot(const InstanceId& ingress, unsigned slot) {
    return std::string(kControlPlaneInboxPrefix) + "." + ingress.text() + "." +
           std::to_string(slot);
}

Result<ParsedSubject> parseSubject(std::string_view subject) {
    const auto refused = [] {
        return fail(kBadSubject, "A message arrived on a subject that the protocol does not know.");
    };
    if (!subject.starts_with(kRoot)) return refused();
    auto nkey = parseUserNkey(subject.substr(kRoot.size()).substr(0, kNkeyLength));
    if (!nkey) return refused();
    const auto rest = subject.substr(kRoot.size() + kNkeyLength);
    for (const auto& [suffix, kind] : kFixed)
        if (rest == suffix) return ParsedSubject{std::move(*nkey), kind, std::nullopt};
    for (const auto& [marker, kind] : {std::pair{kToGateway, SubjectKind::ToGateway},
                                       std::pair{kToIngress, SubjectKind::ToIngress}}) {
        if (!rest.starts_with(marker)) continue;
        auto instance = parseInstanceId(rest.substr(marker.size()));
        if (!instance) return refused();
        return ParsedSubject{std::move(*nkey), kind, std::move(*instance)};
    }
    return refused();
}

}  // namespace pcg::wire
