// SPDX-License-Identifier: Apache-2.0
// Where a deployment's machines go, and how they are made different from their template. Pure
// functions.
#pragma once

#include "controlplane-sim/deploy/cloud.h"
#include "controlplane-sim/vsphere/types.h"

namespace pcg::controlplane::vsphere {

// The ids that a deployment's names had when it was planned; kept as JSON.
struct Placement {
    Ref source;
    Ref folder;
    Ref pool;
    std::optional<Ref> datastore;
    std::optional<xml::Element> network;  // the backing of the first network card

    friend bool operator==(const Placement&, const Placement&) = default;
};

std::string toText(const Placement& placement);
Result<Placement> parsePlacement(std::string_view text);

xml::Element standardBacking(std::string_view networkName);
xml::Element distributedBacking(std::string_view switchUuid, std::string_view portGroupKey);

// The entries of extraConfig that cloud-init's VMware data source reads.
std::vector<ExtraConfig> guestInfo(const deploy::Identity& identity,
                                   const deploy::Spec& spec,
                                   const Secret& userData);

// The virtual devices that an order changes: the first network card and the first disk.
// deploy.rejected when there is none, or the disk would have to shrink.
Result<std::vector<xml::Element>> editedDevices(const xml::Element* devices,
                                                const Placement& placement,
                                                int diskGib);

}  // namespace pcg::controlplane::vsphere
