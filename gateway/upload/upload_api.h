// SPDX-License-Identifier: Apache-2.0
// Uploads by reference as JSON: for the tenant's side over the tunnel (docs/protocol/uploads.md),
// and for pcgctl on the control socket. Loop thread; the uploads outlive it.
#pragma once

#include "common/http/router.h"
#include "gateway/upload/uploads.h"

namespace pcg::gateway::upload {

class UploadApi {
  public:
    explicit UploadApi(Uploads& uploads);

    // A request of the tenant's side, to kPath or below. Answers in every case.
    static constexpr std::string_view kPath = "/v1/uploads";

    net::Task<void> serve(http::Exchange& exchange) { co_await remote_.handle(exchange); }

    // What the data center's own admin may ask: GET /v1/uploads, DELETE /v1/uploads/{id}, GET
    // /v1/upload-sources.
    void addTo(http::Router& control);

  private:
    using Params = http::RouteParams;

    net::Task<void> list(http::Exchange& exchange, const Params& params);
    net::Task<void> get(http::Exchange& exchange, const Params& params);
    net::Task<void> order(http::Exchange& exchange, const Params& params);
    net::Task<void> cancel(http::Exchange& exchange, const Params& params);
    net::Task<void> cancelHere(http::Exchange& exchange, const Params& params);
    net::Task<void> showSources(http::Exchange& exchange, const Params& params);
    net::Task<void> cancelFor(http::Exchange& exchange, const Params& params, std::string by);

    Uploads& uploads_;
    http::Router remote_;
};

// One upload as it is shown: what was ordered, without the source's query, and how far it is.
codec::json::Object toJson(const Record& record);

}  // namespace pcg::gateway::upload
