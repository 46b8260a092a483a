// SPDX-License-Identifier: Apache-2.0
#include "gateway/daemon.h"

#include <iostream>

int main(int argc, char** argv) {
    return pcg::gateway::runDaemon({argv + 1, argv + argc}, std::cout, std::cerr);
}
