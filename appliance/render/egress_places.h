// SPDX-License-Identifier: Apache-2.0
// Which hosts the machine goes to besides its endpoints, as the settings say it. Pure.
#pragma once

#include <compare>
#include <set>
#include <string>
#include <string_view>

#include "appliance/properties/settings.h"

namespace pcg::appliance {

struct Place {
    std::string host;  // a name, ".suffix", or a network with its prefix's length
    unsigned port = 0;

    bool isNetwork() const { return host.find('/') != std::string::npos; }

    auto operator<=>(const Place&) const = default;
};

// The proxy; and, unless that is the only way, control plane and bus. The bus is known from the
// papers only: where `bus` does not name it, it may be at the control plane's host and at every
// name of the same site.
std::set<Place> egressPlaces(const Settings& settings);

// The registrable domain of a name by the Public Suffix List ("example.co.uk" of
// "pair.example.co.uk"); empty for addresses, for public suffixes and single labels.
std::string siteOf(std::string_view host);

}  // namespace pcg::appliance
