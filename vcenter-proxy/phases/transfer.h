// SPDX-License-Identifier: Apache-2.0
// The octets of a lease's device: /nfc/TOKEN/NAME.
//
// The token says everything: which host (pinned by the thumbprint that the lease has), which path,
// which direction. What the client sends besides is passed from an allow-list; cookies and
// credentials of the endpoint go nowhere. Both ways stream with one buffer. A transfer that was
// begun is not made again under the same token.
#pragma once

#include "vcenter-proxy/phases/admit.h"

namespace pcg::proxy {

net::Task<void> transfer(RequestContext& context, Admitted admitted);

}  // namespace pcg::proxy
