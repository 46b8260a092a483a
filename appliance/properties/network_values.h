// SPDX-License-Identifier: Apache-2.0
// Addresses and names as administrators type them. Each function returns the value in one form, or
// a sentence that says what would do. Pure.
#pragma once

#include "common/base/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace pcg::appliance {

inline constexpr ErrorCode kBadValue{ErrorClass::Input, "appliance.bad_value"};

enum class Family { V4, V6 };

// "10.0.0.5/24", "10.0.0.5/255.255.255.0", "2001:db8::5/64": always with the prefix's length.
Result<std::string> parseInterfaceAddress(std::string_view text, Family family);

// One address. `interfaceAddress` is what parseInterfaceAddress returned: the gateway must lie in
// its subnet and differ from it; an IPv6 one may be link-local instead. Beside a subnet of one
// address (/32, /128) it may be any machine's.
Result<std::string> parseGateway(std::string_view text,
                                 Family family,
                                 std::string_view interfaceAddress);

// Of what these two returned: the router is on the link and in no subnet that says so.
bool isOnLink(std::string_view interfaceAddress, std::string_view gateway);

Result<std::string> parseAnyAddress(std::string_view text);
Result<std::string> parseHostName(std::string_view text);  // RFC 1123, lower case

// "https://host[:port]", a slash behind it is forgiven. `scheme` without "://".
Result<std::string> parseOrigin(std::string_view text, std::string_view scheme);

// Words separated by commas or blanks, at most 16.
Result<std::vector<std::string>> parseList(std::string_view text);

}  // namespace pcg::appliance
