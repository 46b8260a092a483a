// SPDX-License-Identifier: Apache-2.0
// What `allocate` asks of a machine: every constraint must hold. Pure functions over a Region.
#pragma once

#include "test/peers/maas-sim/api.h"

namespace pcg::maassim {

class Constraints {
  public:
    // A Reply in place of constraints: an unknown zone, pool or tag, a number that is none.
    static tl::expected<Constraints, Reply> parse(const Region& region,
                                                  const oauth::Parameters& form);

    bool fits(const Machine& machine) const;

    // "[('cpu_count', ['64'])] (resolved to \"cpu_count=64.0\")", as MAAS says what it looked for.
    std::string described() const;

    bool empty() const { return given_.empty(); }

  private:
    struct Given {
        std::string name;
        std::vector<std::string> values;
        std::string resolved;
    };

    std::vector<Given> given_;
    std::string name_, system_id_;
    std::vector<std::string> zones_, pools_, not_zones_, not_pools_, tags_, not_tags_, archs_;
    double cpu_count_ = 0;
    double memory_ = 0;
};

}  // namespace pcg::maassim
