// SPDX-License-Identifier: Apache-2.0
// The values that somebody typed when the appliance was imported, as they reach the machine: an OVF
// environment (DSP0243 1.1, section 11) or the OEM strings of its SMBIOS. Both are outside input.
//
// Bounded; a document type, entities and what else two readers could read differently are refused
// by common/xml. Pure functions, any thread.
#pragma once

#include "common/base/bytes.h"
#include "common/base/result.h"

#include <map>
#include <optional>
#include <string>

namespace pcg::appliance {

inline constexpr ErrorCode kBadEnvironment{ErrorClass::Input, "appliance.environment"};
inline constexpr ErrorCode kEnvironmentTooLarge{ErrorClass::Input,
                                                "appliance.environment_too_large"};

// Without the class "pcgw." in front. What is blank, `""` or `null` was not given: it is not here.
using Properties = std::map<std::string, std::string, std::less<>>;

inline constexpr ByteCount kMaxEnvironment = 256_KiB;
inline constexpr std::size_t kMaxPropertyOctets = 32 * 1024;

// Other products' properties are passed over. appliance.environment names what is wrong,
// appliance.environment_too_large the limit.
Result<Properties> parseOvfEnvironment(BytesView document);

// Structures of type 11 (SMBIOS 3.6, sections 6.1 and 7.12) one behind the other, each with its
// strings "pcgw.KEY=VALUE" and two zeros; other strings are passed over.
Result<Properties> parseOemStrings(BytesView structures);

// True for what an import tool sends for a field that was left empty.
bool isAbsent(std::string_view value);

// A value as it counts, wherever it came from: without the blanks around it; nothing if isAbsent().
std::optional<std::string_view> givenValue(std::string_view value);

}  // namespace pcg::appliance
