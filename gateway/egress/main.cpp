// SPDX-License-Identifier: Apache-2.0
#include "gateway/egress/gate_daemon.h"

#include <iostream>

int main(int argc, char** argv) {
    return pcg::egress::runGate({argv + 1, argv + argc}, std::cout, std::cerr);
}
