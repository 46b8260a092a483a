// SPDX-License-Identifier: Apache-2.0
// Cuts an endpoint's lists into pages: a whole list is fetched once, so that its pages fit
// together. Loop thread only.
#pragma once

#include "controlplane-sim/inventory/inventory.h"

#include <list>

namespace pcg::controlplane::inventory {

class Browser {
  public:
    Browser(Source& source, const Clock& clock) : source_(source), clock_(clock) {}

    struct Question {
        Place place;
        std::string kind;
        std::string after;  // cursorOf() of the last item of the page before; empty: from the start
        std::size_t limit;
    };

    struct Page {
        std::vector<Item> items;
        std::string next;  // empty: this was the last
    };

    net::Task<Result<Page>> page(TenantScope scope, Question question);

  private:
    using Items = std::shared_ptr<const std::vector<Item>>;

    struct Listing {
        wire::TenantId tenant;
        wire::EndpointId endpoint;
        std::string kind;
        SteadyTime at;
        Items items;
    };

    net::Task<Result<Items>> listing(TenantScope scope, Question question);
    Items kept(const TenantScope& scope, const Question& question);

    Source& source_;
    const Clock& clock_;
    std::list<Listing> listings_;  // newest first
};

}  // namespace pcg::controlplane::inventory
