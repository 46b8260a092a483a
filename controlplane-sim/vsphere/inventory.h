// SPDX-License-Identifier: Apache-2.0
// A vCenter's inventory as lists of plain items. The reading of what was retrieved is pure; the
// browser fetches a whole list once and cuts it into pages, so that the pages of one list fit
// together. Loop thread only.
#pragma once

#include "common/codec/json.h"
#include "controlplane-sim/vsphere/client.h"
#include "controlplane-sim/vsphere/session_pool.h"

#include <list>

namespace pcg::controlplane::vsphere {

struct InventoryItem {
    std::string id;      // "vm-42"
    std::string name;    // as people see it
    std::string path;    // as FindByInventoryPath takes it: "DC0/vm/templates/ubuntu"
    std::string parent;  // the id of what it is in
    codec::json::Object facts;
};

// datacenters, clusters, hosts, datastores, networks, folders, templates, vms.
const std::vector<std::string>& inventoryKinds();

// What to ask for one of the kinds, which must be known, and what to make of the answer: sorted by
// path.
std::vector<PropertyQuery::Set> inventoryQuery(const std::string& kind);
std::vector<InventoryItem> inventoryItems(const std::string& kind,
                                          const std::vector<ObjectContent>& objects);

class InventoryBrowser {
  public:
    InventoryBrowser(SessionPool& sessions, const Clock& clock)
        : sessions_(sessions), clock_(clock) {}

    struct Question {
        wire::GatewayId gateway;
        wire::EndpointId endpoint;
        std::string kind;
        std::string
            after;  // the path and id of the last item of the page before; empty: from the start
        std::size_t limit;
        deploy::Minting minting = deploy::Minting::Never;  // of the access key that it takes
    };

    struct Page {
        std::vector<InventoryItem> items;
        std::string next;  // empty: this was the last
    };

    net::Task<Result<Page>> page(TenantScope scope, Question question);

  private:
    using Items = std::shared_ptr<const std::vector<InventoryItem>>;

    struct Listing {
        wire::TenantId tenant;
        wire::EndpointId endpoint;
        std::string kind;
        SteadyTime at;
        Items items;
    };

    net::Task<Result<Items>> listing(TenantScope scope, Question question);
    Items kept(const TenantScope& scope, const Question& question);

    SessionPool& sessions_;
    const Clock& clock_;
    std::list<Listing> listings_;  // newest first
};

}  // namespace pcg::controlplane::vsphere
