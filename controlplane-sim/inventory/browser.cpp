// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/inventory/browser.h"

#include <algorithm>

namespace pcg::controlplane::inventory {
namespace {

constexpr std::size_t kListings = 16;
constexpr std::chrono::seconds kFresh{60};

}  // namespace

std::string cursorOf(const Item& item) { return item.path + '\n' + item.id; }

void sortItems(std::vector<Item>& items) {
    std::sort(items.begin(), items.end(), [](const Item& a, const Item& b) {
        return cursorOf(a) < cursorOf(b);  // as a page's end is compared
    });
}

Browser::Items Browser::kept(const TenantScope& scope, const Question& question) {
    for (const auto& listing : listings_) {
        if (listing.tenant == scope.tenant() && listing.endpoint == question.place.endpoint &&
            listing.kind == question.kind && clock_.now() - listing.at < kFresh)
            return listing.items;
    }
    return nullptr;
}

net::Task<Result<Browser::Items>> Browser::listing(TenantScope scope, Question question) {
    // Opened even for a listing that is kept: it tells whether the tenant may still go there.
    auto opened = co_await source_.inventoryOf(scope, question.place);
    if (!opened) co_return fail(std::move(opened).error());
    const auto inventory = std::move(*opened);
    // The first page is always as it is now; those after it fit to it.
    if (!question.after.empty()) {
        if (auto items = kept(scope, question)) co_return items;
    }
    PCG_CO_TRY(auto found, co_await inventory->list(question.kind));
    auto items = std::make_shared<const std::vector<Item>>(std::move(found));
    listings_.push_front(
        {scope.tenant(), question.place.endpoint, question.kind, clock_.now(), items});
    if (listings_.size() > kListings) listings_.pop_back();
    co_return items;
}

net::Task<Result<Browser::Page>> Browser::page(TenantScope scope, Question question) {
    PCG_CO_TRY(const auto items, co_await listing(std::move(scope), question));
    Page page;
    for (const auto& item : *items) {
        if (!question.after.empty() && cursorOf(item) <= question.after) continue;
        if (page.items.size() == question.limit) {
            page.next = cursorOf(page.items.back());
            break;
        }
        page.items.push_back(item);
    }
    co_return page;
}

}  // namespace pcg::controlplane::inventory
