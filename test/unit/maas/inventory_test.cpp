// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/maas/inventory.h"

#include "controlplane-sim/inventory/browser.h"
#include "controlplane-sim/maas/errc.h"

#include "maas_fixture.h"

namespace pcg::controlplane {

PlatformAuthority makePlatformAuthorityForTest() { return PlatformAuthority(); }

namespace maas {
namespace {

inventory::Item itemOf(const std::string& kind, const std::string& text) {
    const auto item = inventoryItem(kind, *codec::json::parseObject(text));
    EXPECT_TRUE(item.has_value());
    return item.value_or(inventory::Item{});
}

TEST(MaasInventoryItems, HaveThePathThatADeploymentTakesAndTheFactsOfTheirKind) {
    const auto machine = itemOf(
        "machines",
        machineText(
            "4y3ha3",
            "Deployed",
            R"("fqdn":"node-1.maas","power_state":"on","cpu_count":8,"memory":16384,"zone":{"name":"az1"},
               "pool":{"name":"default"},"tag_names":["gpu","virtual"],"osystem":"ubuntu",
               "distro_series":"jammy","ip_addresses":["10.0.0.7"],"architecture":"amd64/generic",
               "locked":true,"power_parameters":{"power_pass":"canary"})"));
    EXPECT_EQ(machine.id, "4y3ha3");
    EXPECT_EQ(machine.path, "node-1.maas");
    EXPECT_EQ(
        codec::json::write(machine.facts),
        R"({"status":"Deployed","power":"on","cpu":8,"memory_mib":16384,"architecture":"amd64/generic","zone":"az1","pool":"default","tags":["gpu","virtual"],"image":"ubuntu/jammy","addresses":["10.0.0.7"],"locked":true})");

    EXPECT_EQ(itemOf("images", R"({"id":3,"name":"mine","type":"Uploaded"})").path, "custom/mine");
    EXPECT_EQ(itemOf("images", R"({"id":3,"name":"ubuntu/jammy"})").path, "ubuntu/jammy");
    EXPECT_EQ(itemOf("pools", R"({"id":0,"name":"default"})").id, "0");
    EXPECT_EQ(itemOf("tags", R"({"name":"gpu","comment":"fast"})").id, "gpu");
    EXPECT_EQ(codec::json::write(itemOf("fabrics", R"({"id":1,"name":"f","vlans":[{},{}]})").facts),
              R"({"vlans":2})");
    EXPECT_EQ(
        codec::json::write(
            itemOf("subnets",
                   R"({"id":1,"name":"s","cidr":"10.0.0.0/16","vlan":{"vid":7,"fabric":"f"}})")
                .facts),
        R"({"cidr":"10.0.0.0/16","fabric":"f","vlan":7})");
}

TEST(MaasInventoryItems, WhatHasNoIdOrAnOddOneIsABadAnswer) {
    for (const auto* text : {R"({"status_name":"Ready"})",
                             R"({"system_id":"../users","status_name":"Ready"})",
                             R"({"system_id":7,"status_name":"Ready"})",
                             R"({"system_id":"4y3ha3"})"}) {
        const auto item = inventoryItem("machines", *codec::json::parseObject(text));
        EXPECT_TRUE(!item && item.error().is(kBadAnswer)) << text;
    }
    EXPECT_FALSE(inventoryItem("zones", *codec::json::parseObject(R"({"id":1})")).has_value());
}

class OneInventory final : public inventory::Source {
  public:
    explicit OneInventory(Client client) : client_(std::move(client)) {}

    net::Task<Result<std::shared_ptr<inventory::Inventory>>> inventoryOf(
        TenantScope, inventory::Place) override {
        ++opened;
        co_return std::shared_ptr<inventory::Inventory>(std::make_shared<MaasInventory>(client_));
    }

    int opened = 0;

  private:
    Client client_;
};

TEST_F(MaasProvider, PagesOfAListFitTogetherAndTheFirstOneIsFresh) {
    maas_->answers["GET zones/"] = {
        {200, R"([{"id":3,"name":"c"},{"id":1,"name":"a"},{"id":2,"name":"b"}])"},
        {200, R"([{"id":9,"name":"z"}])"}};
    OneInventory source(client());
    inventory::Browser browser(source, clock_);
    const auto scope = makePlatformAuthorityForTest().scopeOf(wire::newId<wire::TenantId>(random_));
    inventory::Browser::Question question{{wire::newId<wire::GatewayId>(random_),
                                           wire::newId<wire::EndpointId>(random_),
                                           deploy::Minting::Never},
                                          "zones",
                                          {},
                                          2};

    const auto first = run(browser.page(scope, question));
    question.after = first->next;
    const auto second = run(browser.page(scope, question));

    EXPECT_EQ(first->items.front().name, "a");
    ASSERT_EQ(second->items.size(), 1U);
    EXPECT_EQ(second->items.front().name, "c");
    EXPECT_TRUE(second->next.empty());
    EXPECT_EQ(maas_->requests.size(), 1U);
    EXPECT_EQ(source.opened, 2) << "whether the tenant may still go there is asked each time";
    question.after.clear();
    EXPECT_EQ(run(browser.page(scope, question))->items.front().name, "z");
}

}  // namespace
}  // namespace maas
}  // namespace pcg::controlplane
