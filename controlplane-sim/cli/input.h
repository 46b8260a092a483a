// SPDX-License-Identifier: Apache-2.0
// What the commands read beside the command line: files, bounded, and the path segments that are
// made of what was typed. Blocks while it reads.
#pragma once

#include "common/base/result.h"
#include "common/base/secret.h"

#include <string>
#include <string_view>

namespace pcg::controlplane::cli {

inline constexpr std::size_t kMaxFile = 1024 * 1024;
inline constexpr std::size_t kMaxCaFile = 32 * 1024;

// cli.file, with `what` before the name: it cannot be read, is empty, or has more than `most`
// octets.
Result<std::string> readFile(std::string_view what,
                             const std::string& name,
                             std::size_t most = kMaxFile);

// The first line of the file; "-": of standard input. cli.file.
Result<Secret> readPassword(std::string_view what, const std::string& name);

// For one segment of a path, or one value of a query.
std::string percentEncode(std::string_view text);

}  // namespace pcg::controlplane::cli
