// SPDX-License-Identifier: Apache-2.0
// Certificates and SSH keys as they survive a form field: import tools join lines, put \n where a
// line ended, or want the whole thing in base64. Pure functions.
#pragma once

#include "common/base/clock.h"
#include "common/base/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace pcg::appliance {

struct ReadCertificates {
    std::string pem;      // clean PEM of all of them
    std::string warning;  // one is over or not begun yet; empty: none
};

// appliance.bad_value.
Result<ReadCertificates> parseCertificates(std::string_view text, WallTime now);

// Lines of authorized_keys, one to eight, without options: they could run commands.
Result<std::vector<std::string>> parseSshKeys(std::string_view text);

}  // namespace pcg::appliance
