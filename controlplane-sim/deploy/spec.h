// SPDX-License-Identifier: Apache-2.0
// What a tenant wishes: the machines of a Kubernetes cluster at one endpoint. Holding a Spec is the
// proof that it was checked. Values only.
#pragma once

#include "common/base/secret.h"
#include "common/codec/json.h"
#include "common/wire/ids.h"
#include "controlplane-sim/deploy/machine.h"

namespace pcg::controlplane::deploy {

struct Counts {
    int controlPlane = 1;  // 1, 3 or 5: etcd's quorum
    int workers = 0;       // up to 100

    int total() const { return controlPlane + workers; }

    friend bool operator==(const Counts&, const Counts&) = default;
};

// What an endpoint must be for a deployment to go there.
enum class Platform { VCenter, Maas };

struct Spec {
    std::string name;
    wire::GatewayId gateway;
    wire::EndpointId endpoint;
    Counts counts;
    std::string source;  // the template: an inventory path or a managed object id; or the image
    int cpu = 0;         // 0: as the template; at a MAAS at least so many, 0: any
    int memoryMib = 0;
    int diskGib = 0;
    std::string network;  // empty: as the template; so are the next three
    std::string folder;
    std::string datastore;
    std::string resourcePool;  // at a MAAS by its name, empty: any
    std::vector<std::string> sshKeys;
    Platform platform = Platform::VCenter;
    std::string zone{};               // empty: any
    std::vector<std::string> tags{};  // all of them
};

// "vcenter", "maas": an endpoint's kind.
std::string_view kindOf(Platform platform);
Origin originOf(const Spec& spec);

// Which member, why, and what would do.
struct Invalid {
    std::string field;
    std::string why;
};

template <class T>
using Checked = tl::expected<T, Invalid>;

struct Order {
    Spec spec;
    Secret userData;  // may be empty
};

inline constexpr std::size_t kMaxUserData = 48 * 1024;  // base64 of it fits a guestinfo variable

Checked<Order> parseOrder(const codec::json::Object& body);
Checked<Counts> parseCounts(const codec::json::Object& body);

// As it is kept and shown; without the user data.
codec::json::Object toJson(const Spec& spec);
Result<Spec> specFromJson(std::string_view text);

// "<name>-cp-1", "<name>-worker-2".
std::string machineName(const std::string& deployment, Role role, int ordinal);

// RFC 4122 version 4.
std::string newUuid(Random& random);

}  // namespace pcg::controlplane::deploy
