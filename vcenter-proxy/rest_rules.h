// SPDX-License-Identifier: Apache-2.0
// What each role may do at the vCenter's REST interface. Default deny: a path that no rule names is
// for nobody. docs/vcenter-requests.md says why. Pure functions, any thread.
#pragma once

#include "common/base/bytes.h"
#include "vcenter-proxy/endpoint/rest_target.h"
#include "vcenter-proxy/principal.h"

#include <vector>

namespace pcg::proxy::rest {

// GET and HEAD without an action, and the actions of which it is known that they only read at this
// very path.
bool onlyReads(const RestCall& call);

// The whole decision by role: method, canonical path, role. No session is looked at; the session's
// own path is open to everybody.
bool isAllowed(Role role, const RestCall& call);

// The body of the call may name a URL that the vCenter would fetch: somebody has to look.
bool mayPull(const RestCall& call);

// Whether it does. errc::kBadForm if it is not JSON that everybody reads alike.
Result<bool> pulls(BytesView body);

// What the rules are about: whole segments from the left, without the exceptions below.
std::vector<std::string_view> roots();

// Some rule names the path: somebody may use it.
bool isKnown(const RestCall& call);

}  // namespace pcg::proxy::rest
