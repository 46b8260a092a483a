// SPDX-License-Identifier: Apache-2.0
// One API request after its route's rules were applied, and what a handler answers. Loop thread;
// lives as long as the exchange. What was read of the body is wiped at its end: it may have held a
// password.
#pragma once

#include "common/base/assert.h"
#include "common/codec/json.h"
#include "common/http/router.h"
#include "controlplane-sim/rest/etag.h"
#include "controlplane-sim/rest/fields.h"
#include "controlplane-sim/rest/page.h"
#include "controlplane-sim/tenancy/accounts.h"

#include <optional>
#include <string>

namespace pcg::controlplane::rest {

struct Reply {
    int status = 200;
    codec::json::Object body;  // not sent with 204
    std::optional<Etag> etag;  // of a single resource; GET then answers If-None-Match
    http::HeaderList headers = {};
};

class Call {
  public:
    Call(http::Exchange& exchange, const http::RouteParams& params)
        : exchange_(exchange), params_(params) {}

    ~Call();
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;

    const http::RequestHead& request() const { return exchange_.request(); }

    // For answers that the handler writes itself (ApiRoutes::addStream).
    http::Exchange& exchange() const { return exchange_; }

    const http::RouteParams& params() const { return params_; }

    // The members of the JSON body; empty when there was none.
    Fields body() const { return Fields(body_); }

    // A query parameter, decoded; empty if absent.
    std::string query(std::string_view name) const;
    // The same, when it is at most `maxBytes` of UTF-8; api.field otherwise.
    Checked<std::string> queryText(std::string_view name, std::size_t maxBytes) const;

    Checked<PageQuery> page(std::string_view list, std::size_t keyParts) const {
        return PageQuery::parse(request().target, list, keyParts);
    }

    // Who asks. Not for public and platform routes.
    const Authenticated& who() const {
        PCG_ASSERT(who_.has_value());
        return *who_;
    }

    const TenantScope& scope() const { return who().scope; }

    // The condition of a change; Etag says where to check it.
    const IfMatch& ifMatch() const { return ifMatch_; }

    // For the audit of a public route: on whose account something was tried.
    void actsFor(const TenantScope& scope, std::string username) {
        actsFor_.emplace(scope.tenant(), std::move(username));
    }

    // For throttling: the network of whoever is at the other end.
    std::string source() const;

  private:
    friend class ApiRoutes;

    http::Exchange& exchange_;
    const http::RouteParams& params_;
    std::optional<Authenticated> who_;
    bool platform_ = false;            // the platform's operator asks
    std::optional<Refusal> stranger_;  // why nobody is known
    IfMatch ifMatch_;
    std::optional<std::pair<wire::TenantId, std::string>> actsFor_;
    int status_ = 0;  // of the answer
    Bytes raw_;
    codec::json::Object body_;
};

}  // namespace pcg::controlplane::rest
