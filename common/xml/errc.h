// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/base/error.h"

namespace pcg::xml {

inline constexpr ErrorCode kNotXml{ErrorClass::Input, "xml.not_xml"};
inline constexpr ErrorCode kTooLarge{ErrorClass::Input, "xml.too_large"};

}  // namespace pcg::xml
