// SPDX-License-Identifier: Apache-2.0
// What there is at an endpoint, as lists of plain items: the seam between the browser and the kinds
// of endpoints. Loop thread only.
#pragma once

#include "common/codec/json.h"
#include "controlplane-sim/deploy/endpoint_access.h"

namespace pcg::controlplane::inventory {

struct Item {
    std::string id;      // "vm-42"
    std::string name;    // as people see it
    std::string path;    // as a deployment's specification names it: "DC0/vm/templates/ubuntu"
    std::string parent;  // the id of what it is in; empty: nothing
    codec::json::Object facts;
};

// By path, and by id where paths are equal.
std::string cursorOf(const Item& item);
void sortItems(std::vector<Item>& items);

// One endpoint's.
class Inventory {
  public:
    virtual ~Inventory() = default;

    // All of one kind, which must be one that kindsAt() has, sorted.
    virtual net::Task<Result<std::vector<Item>>> list(std::string kind) = 0;
};

struct Place {
    wire::GatewayId gateway;
    wire::EndpointId endpoint;
    deploy::Minting minting = deploy::Minting::Never;  // of the access key that it takes
};

class Source {
  public:
    virtual ~Source() = default;

    // Tells also whether the tenant may still go there.
    virtual net::Task<Result<std::shared_ptr<Inventory>>> inventoryOf(TenantScope scope,
                                                                      Place place) = 0;
};

}  // namespace pcg::controlplane::inventory
