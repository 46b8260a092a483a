// SPDX-License-Identifier: Apache-2.0
// Every subject of the bus, built and taken apart in one place. Normative text:
// docs/protocol/subjects.md.
//
// A gateway's subjects all start with "pcg.v1.<its user nkey>", which is what its credentials are
// scoped to: the broker, not our code, keeps tenants and gateways apart.
#pragma once

#include "common/wire/ids.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pcg::wire {

inline constexpr std::string_view kGatewayQueueGroup = "gw";

// What each kind of bus user may do, as the broker's permission lists.
struct Permissions {
    std::vector<std::string> publish;
    std::vector<std::string> subscribe;
};

// `nkey` may also be the template "{{subject()}}" of a scoped signing key.
Permissions gatewayPermissions(std::string_view nkey);
Permissions controlPlanePermissions();

// The subjects of one gateway.
class GatewaySubjects {
  public:
    explicit GatewaySubjects(const UserNkey& nkey) : prefix_("pcg.v1." + nkey.text()) {}

    std::string open() const { return prefix_ + ".rpc.open"; }

    std::string toGateway(const InstanceId& gateway) const {
        return prefix_ + ".rpc.s." + gateway.text();
    }

    std::string toIngress(const InstanceId& ingress) const {
        return prefix_ + ".evt.s." + ingress.text();
    }

    std::string hello() const { return prefix_ + ".evt.hello"; }

    std::string inventory() const { return prefix_ + ".evt.inventory"; }

    // How far the gateway's audit goes.
    std::string auditHeads() const { return prefix_ + ".evt.audit"; }

    // How far uploads by reference are.
    std::string uploads() const { return prefix_ + ".evt.uploads"; }

    std::string heartbeat() const { return prefix_ + ".hb"; }

    std::string welcome() const { return prefix_ + ".ctl.welcome"; }

    std::string unpair() const { return prefix_ + ".ctl.unpair"; }

    std::string renewNow() const { return prefix_ + ".ctl.renew-now"; }

    std::string ping() const { return prefix_ + ".ctl.ping"; }

    std::string pong() const { return prefix_ + ".evt.pong"; }

    // What the gateway subscribes to once, at start.
    std::string allControl() const { return prefix_ + ".ctl.>"; }

    // Prefix of the gateway's own reply subjects, without a trailing dot.
    std::string inboxPrefix() const { return prefix_ + ".inbox"; }

    const std::string& prefix() const { return prefix_; }

  private:
    std::string prefix_;
};

// What the control plane subscribes to.
inline constexpr std::string_view kAnyHello = "pcg.v1.*.evt.hello";
inline constexpr std::string_view kAnyInventory = "pcg.v1.*.evt.inventory";
inline constexpr std::string_view kAnyAuditHeads = "pcg.v1.*.evt.audit";
inline constexpr std::string_view kAnyUploads = "pcg.v1.*.evt.uploads";
inline constexpr std::string_view kAnyPong = "pcg.v1.*.evt.pong";
inline constexpr std::string_view kAnyHeartbeat = "pcg.v1.*.hb";
inline constexpr std::string_view kControlPlaneInboxPrefix = "_INBOX_cp";
std::string anyToIngress(const InstanceId& ingress);

// The reply subject of an OPEN: one per slot, so that "no responders" names the OPEN it is about.
std::string openSlot(const InstanceId& ingress, unsigned slot);

enum class SubjectKind {
    Open,
    ToGateway,
    ToIngress,
    Hello,
    Inventory,
    AuditHeads,
    Uploads,
    Heartbeat,
    Welcome,
    Unpair,
    RenewNow,
    Ping,
    Pong
};

struct ParsedSubject {
    UserNkey nkey;
    SubjectKind kind;
    std::optional<InstanceId> instance;  // of ToGateway and ToIngress
};

// Input is what arrived; anything that no builder above could have made is refused.
Result<ParsedSubject> parseSubject(std::string_view subject);

}  // namespace pcg::wire
