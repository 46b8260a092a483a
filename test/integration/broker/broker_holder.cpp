// SPDX-License-Identifier: Apache-2.0
// Runs a broker and waits to be killed: the process that a test ends with SIGKILL.
#include "test/integration/broker/broker_lab.h"

#include <cstdio>

#include <unistd.h>

int main() {
    const pcg::test::BrokerLab lab;
    std::printf("%d\n", lab.broker_->running()->pid);
    std::fflush(stdout);
    for (;;) ::pause();
}
