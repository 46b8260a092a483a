// SPDX-License-Identifier: Apache-2.0
// Objects as MAAS shows them, with every field that its clients' schemas want. Pure functions.
#pragma once

#include "common/codec/json.h"
#include "test/peers/maas-sim/region.h"

namespace pcg::maassim {

codec::json::Object machineJson(const Region& region, const Machine& machine);
codec::json::Object interfaceJson(const Region& region,
                                  const Machine& machine,
                                  const Interface& one);
codec::json::Object zoneJson(const Place& zone);
codec::json::Object poolJson(const Place& pool);
codec::json::Object subnetJson(int id);
codec::json::Object vlanJson();
codec::json::Object domainJson();
codec::json::Object dnsJson(const DnsResource& one);
codec::json::Object hostJson(const Region& region, const VmHost& host);

inline constexpr auto kBase = "/MAAS/api/2.0/";
inline constexpr auto kDomain = "maas";

}  // namespace pcg::maassim
