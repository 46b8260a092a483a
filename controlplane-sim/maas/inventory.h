// SPDX-License-Identifier: Apache-2.0
// A MAAS's inventory. The reading of what was listed is pure. Loop thread only.
#pragma once

#include "controlplane-sim/inventory/inventory.h"
#include "controlplane-sim/maas/client.h"

namespace pcg::controlplane::maas {

// pools, zones, tags, machines, images, fabrics, subnets.
const std::vector<std::string>& inventoryKinds();

// Of one entry of the list of a kind, which must be known.
Result<inventory::Item> inventoryItem(const std::string& kind, const codec::json::Object& entry);

class MaasInventory final : public inventory::Inventory {
  public:
    explicit MaasInventory(Client client) : client_(std::move(client)) {}

    net::Task<Result<std::vector<inventory::Item>>> list(std::string kind) override;

  private:
    Client client_;
};

}  // namespace pcg::controlplane::maas
