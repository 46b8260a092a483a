// SPDX-License-Identifier: Apache-2.0
// The SOAP methods of a vCenter by name (vSphere Web Services API and Storage Policy API, up to
// 6.7, and what the gateway's roles name beyond), so that a typing error in a policy is found. A
// policy declares newer ones in "also_known". Sorted.
#pragma once

#include <span>
#include <string_view>

namespace pcg::policy {

std::span<const std::string_view> knownMethods();

}  // namespace pcg::policy
