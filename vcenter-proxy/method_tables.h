// SPDX-License-Identifier: Apache-2.0
// The SOAP methods of each role, as sorted tables. Default deny: a name that no table has is for
// the role full only, and a name in kNeverAllowed is for nobody. docs/vcenter-requests.md says why.
#pragma once

#include "vcenter-proxy/endpoint/soap_envelope.h"
#include "vcenter-proxy/principal.h"

#include <span>
#include <string_view>

namespace pcg::proxy::methods {

// urn:vim25, cumulative: deploy() is what deploy has beyond inventory().
std::span<const std::string_view> inventory();
std::span<const std::string_view> deploy();

// urn:vim25, to nobody, whatever the role.
std::span<const std::string_view> never();

// Deploy may call these on virtual machines only: on a folder, a host or a datacenter the same name
// takes everything below with it.
std::span<const std::string_view> virtualMachineOnly();

bool contains(std::span<const std::string_view> sorted, std::string_view name);

// Open before login.
bool isOpenToAll(const SoapCall& call);

// The whole decision by role; no session is looked at.
bool isAllowed(Role role, const SoapCall& call);

}  // namespace pcg::proxy::methods
