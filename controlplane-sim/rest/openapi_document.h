// SPDX-License-Identifier: Apache-2.0
// docs/api/controlplane.openapi.yaml as it was when this program was built.
#pragma once

#include <string_view>

namespace pcg::controlplane::rest {

std::string_view openApiDocument();

}  // namespace pcg::controlplane::rest
