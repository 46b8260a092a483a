// SPDX-License-Identifier: Apache-2.0
// A vCenter's inventory. The reading of what was retrieved is pure. Loop thread only.
#pragma once

#include "controlplane-sim/inventory/inventory.h"
#include "controlplane-sim/vsphere/client.h"

namespace pcg::controlplane::vsphere {

// datacenters, clusters, hosts, datastores, networks, folders, templates, vms.
const std::vector<std::string>& inventoryKinds();

// What to ask for one of the kinds, which must be known, and what to make of the answer: sorted.
std::vector<PropertyQuery::Set> inventoryQuery(const std::string& kind);
std::vector<inventory::Item> inventoryItems(const std::string& kind,
                                            const std::vector<ObjectContent>& objects);

class VSphereInventory final : public inventory::Inventory {
  public:
    explicit VSphereInventory(Client client) : client_(std::move(client)) {}

    net::Task<Result<std::vector<inventory::Item>>> list(std::string kind) override;

  private:
    Client client_;
};

}  // namespace pcg::controlplane::vsphere
