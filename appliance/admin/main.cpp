// SPDX-License-Identifier: Apache-2.0
#include "common/process/hardening.h"
#include "gateway/ctl/ctl.h"

#include <iostream>

#include <unistd.h>

#include "appliance/admin/local_verbs.h"

int main(int argc, char** argv) {
    // It handles passwords on their way to the gateway.
    if (const auto hardened = pcg::process::hardenProcess(); !hardened) {
        std::cerr << "pcgctl: " << hardened.error().message() << "\n";
        return 1;
    }
    return pcg::gateway::ctl::run({argv + 1, argv + argc},
                                  std::cin,
                                  std::cout,
                                  std::cerr,
                                  ::isatty(STDIN_FILENO) == 1,
                                  pcg::appliance::performOnMachine);
}
