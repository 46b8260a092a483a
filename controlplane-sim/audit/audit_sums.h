// SPDX-License-Identifier: Apache-2.0
// What a period's rows come to, for the printed report. Bounded: beyond 200 different names of a
// kind the rest is one sum. Loop thread.
#pragma once

#include "common/codec/json.h"
#include "controlplane-sim/audit/audit_event.h"

#include <array>
#include <map>
#include <string>

namespace pcg::controlplane {

class AuditSums {
  public:
    void add(const AuditEvent& event);

    // {"rows":N,"by_outcome":{...},"by_action":[...],"by_actor":[...],"by_endpoint":[...]}
    codec::json::Object json() const;

  private:
    struct Sum {
        std::string name;
        std::uint64_t count = 0;
        std::array<std::uint64_t, 4> outcomes{};
        std::uint64_t durationMs = 0;
        std::uint64_t bytesUp = 0;
        std::uint64_t bytesDown = 0;
    };

    using Sums = std::map<std::string, Sum>;

    static void addTo(Sums& sums, const std::string& key, const AuditEvent& event);
    static void addTo(Sum& sum, const AuditEvent& event);
    static codec::json::Array listOf(const Sums& sums, std::string_view keyName);

    Sum all_;
    Sums actions_;
    Sums actors_;
    Sums endpoints_;
};

}  // namespace pcg::controlplane
