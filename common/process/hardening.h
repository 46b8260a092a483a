// SPDX-License-Identifier: Apache-2.0
// What a process that holds secrets does first: no core dumps, no ptrace by the same user, private
// files.
#pragma once

#include "common/base/result.h"

namespace pcg::process {

// RLIMIT_CORE 0, PR_SET_DUMPABLE 0, umask 077. SIGPIPE is ignored: a closed socket is an error
// value.
Result<> hardenProcess();

}  // namespace pcg::process
