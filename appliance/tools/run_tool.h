// SPDX-License-Identifier: Apache-2.0
// A program of the system, run to its end or its time limit. Blocking.
#pragma once

#include "common/base/bytes.h"

#include <chrono>
#include <string>
#include <vector>

namespace pcg::appliance {

struct ToolRun {
    int exitCode = -1;  // -1: it could not be started, was killed, or took too long
    Bytes output;       // standard output, at most `most` octets
};

// `words`: the program's absolute path and its arguments. No shell, no standard input.
ToolRun runTool(std::vector<std::string> words, std::chrono::seconds limit, ByteCount most);

}  // namespace pcg::appliance
