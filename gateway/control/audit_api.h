// SPDX-License-Identifier: Apache-2.0
// The part of the control API that shows and verifies the audit: pcgctl audit ... Loop thread.
#pragma once

#include "common/http/router.h"
#include "gateway/state/audit_chain.h"

namespace pcg::gateway {

class AuditApi {
  public:
    explicit AuditApi(StateStore& state) : state_(state) {}

    // The API must outlive the router.
    void addTo(http::Router& router);

  private:
    using Params = http::RouteParams;

    net::Task<void> list(http::Exchange& exchange, const Params& params);
    net::Task<void> heads(http::Exchange& exchange, const Params& params);
    net::Task<void> verify(http::Exchange& exchange, const Params& params);

    net::Task<Result<AuditCheck>> check(std::vector<KeptHead> kept);

    StateStore& state_;
};

}  // namespace pcg::gateway
