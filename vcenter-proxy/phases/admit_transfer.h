// SPDX-License-Identifier: Apache-2.0
// The admission of /nfc/TOKEN/NAME: the octets of one device of a lease, with the token that the
// gateway gave out for it.
#pragma once

#include "vcenter-proxy/phases/admit.h"

namespace pcg::proxy {

// As admit(): whatever is wrong is answered, and nothing is returned.
net::Task<std::optional<Admitted>> admitTransfer(RequestContext& context, RequestTarget target);

}  // namespace pcg::proxy
