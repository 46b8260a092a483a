// SPDX-License-Identifier: Apache-2.0
// The SOAP methods of a vCenter by name, so that a typing error in a policy is found. A policy
// declares newer ones in "also_known". Sorted; no name is in two of the lists.
#pragma once

#include <span>
#include <string_view>

namespace pcg::policy {

// The vSphere Web Services API and the Storage Policy API (whose names begin with Pbm), up to 6.7,
// and what the gateway's roles name beyond.
std::span<const std::string_view> vimMethods();

// The services beside: storage monitoring (/sms), first-class disks (/vslm), vSAN (/vsanHealth), up
// to 7.0.
std::span<const std::string_view> smsMethods();
std::span<const std::string_view> vslmMethods();
std::span<const std::string_view> vsanMethods();

// All of them.
std::span<const std::string_view> knownMethods();

}  // namespace pcg::policy
