// SPDX-License-Identifier: Apache-2.0
// A certificate and key that an administrator brings for the portal's name, in place of one that
// the control plane issues to itself. Blocks on the disk; at start only.
#pragma once

#include "common/base/clock.h"
#include "common/net/tls_context.h"

#include <filesystem>

namespace pcg::controlplane {

// tls.certificate, tls.key: which file, what is wrong with it (unreadable, not PEM, expired, not
// valid yet, not for `name`, or the two do not belong together), and what would do.
Result<net::CertificateAndKey> externalIdentity(const std::filesystem::path& certificateFile,
                                                const std::filesystem::path& keyFile,
                                                const std::string& name,
                                                WallTime now);

}  // namespace pcg::controlplane
