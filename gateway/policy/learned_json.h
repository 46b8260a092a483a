// SPDX-License-Identifier: Apache-2.0
// What was learned, as one JSON text for the database. Pure functions.
#pragma once

#include "vcenter-proxy/policy/learner.h"

#include <string>
#include <string_view>

namespace pcg::gateway {

std::string learnedJson(const policy::Learner& learner);

// What cannot be read is left out.
void readLearned(std::string_view text, policy::Learner& into);

}  // namespace pcg::gateway
