// SPDX-License-Identifier: Apache-2.0
// Chooses a handler by method and path pattern, "/api/v1/gateways/{id}". A parameter takes one
// whole segment.
//
// Unknown path: 404; known path, other method: 405 with Allow; both as problem documents. The table
// can be listed, so that a test compares it with the API's description. Loop thread; fill it before
// serving.
#pragma once

#include "common/http/exchange.h"

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace pcg::http {

class RouteParams {
  public:
    void add(std::string name, std::string value) {
        values_.emplace_back(std::move(name), std::move(value));
    }

    // Percent-decoded; empty if the pattern has no such parameter.
    std::string_view text(std::string_view name) const;

    // params.parse("id", wire::parseGatewayId)
    template <class Parser>
    auto parse(std::string_view name, Parser&& parser) const {
        return parser(text(name));
    }

  private:
    std::vector<std::pair<std::string, std::string>> values_;
};

using RouteHandler = std::function<net::Task<void>(Exchange&, const RouteParams&)>;

class Router {
  public:
    struct Route {
        std::string method;
        std::string pattern;
    };

    // GET also answers HEAD. A second route of the same method and shape is a bug.
    Router& add(std::string method, std::string pattern, RouteHandler handler);

    net::Task<void> handle(Exchange& exchange) const;

    // For http::Server. The router must outlive it.
    Handler handler() const;

    std::vector<Route> routes() const;

  private:
    struct Entry {
        Route route;
        std::vector<std::string> segments;
        RouteHandler handler;
    };

    std::vector<Entry> entries_;
};

// First value of a query parameter, percent-decoded ('+' is a blank); empty string if absent.
std::string queryParameter(std::string_view target, std::string_view name);

}  // namespace pcg::http
