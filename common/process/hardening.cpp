// SPDX-License-Identifier: Apache-2.0
#include "common/process/hardening.h"

#include "common/process/errc.h"

#include <cerrno>
#include <csignal>
#include <cstring>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

namespace pcg::process {

Result<> hardenProcess() {
    const rlimit none{0, 0};
    if (::setrlimit(RLIMIT_CORE, &none) != 0 || ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
        return fail(kHostSystem,
                    std::string("The process cannot protect its memory: ") + std::strerror(errno) +
                        ". Run it on Linux without restrictions on prctl.");
    }
    ::umask(077);
    std::signal(SIGPIPE, SIG_IGN);
    return {};
}

}  // namespace pcg::process
