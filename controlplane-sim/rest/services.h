// SPDX-License-Identifier: Apache-2.0
// What every group of resources works with.
#pragma once

#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/store/worker.h"

namespace pcg::controlplane::rest {

struct Services {
    store::Worker& store;
    const Clock& clock;
    Random& random;
};

}  // namespace pcg::controlplane::rest
