// SPDX-License-Identifier: Apache-2.0
#include "common/http/router.h"

#include "common/base/assert.h"
#include "common/base/percent.h"
#include "common/base/text.h"
#include "common/http/problem.h"

#include <algorithm>

namespace pcg::http {

namespace {

bool isParameter(std::string_view segment) { return segment.size() > 2 && segment.front() == '{'; }

std::vector<std::string> segmentsOf(std::string_view path) {
    std::vector<std::string> segments;
    for (const auto segment : split(path.substr(1), '/')) segments.emplace_back(segment);
    return segments;
}

std::optional<RouteParams> match(const std::vector<std::string>& pattern,
                                 const std::vector<std::string>& path) {
    if (pattern.size() != path.size()) return std::nullopt;
    RouteParams params;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (!isParameter(pattern[i])) {
            if (pattern[i] != path[i]) return std::nullopt;
            continue;
        }
        auto value = percentDecode(path[i]);
        if (!value || value->empty()) return std::nullopt;
        params.add(pattern[i].substr(1, pattern[i].size() - 2), std::move(*value));
    }
    return params;
}

bool answers(const std::string& routeMethod, const std::string& method) {
    return routeMethod == method || (routeMethod == "GET" && method == "HEAD");
}

net::Task<void> refuse(Exchange& exchange, const std::vector<std::string>& allowed) {
    if (allowed.empty()) {
        Problem problem{
            404, "http.not_found", "there is nothing at this path; check the URL", std::nullopt};
        co_await respondProblem(exchange, std::move(problem));
        co_return;
    }
    std::string list;
    for (const auto& method : allowed) list += (list.empty() ? "" : ", ") + method;
    const Problem problem{
        405, "http.method_not_allowed", "this path answers " + list + " only", std::nullopt};
    ResponseHead head;
    head.status = problem.status;
    head.headers.add("Content-Type", "application/problem+json");
    head.headers.add("Allow", list);
    const std::string body = problemBody(problem);
    const BytesView octets = asBytes(body);
    co_await respondWhole(exchange, std::move(head), octets);
}

}  // namespace

std::string_view RouteParams::text(std::string_view name) const {
    for (const auto& [key, value] : values_) {
        if (key == name) return value;
    }
    return {};
}

Router& Router::add(std::string method, std::string pattern, RouteHandler handler) {
    PCG_ASSERT(!pattern.empty() && pattern.front() == '/');
    auto segments = segmentsOf(pattern);
    for (const auto& entry : entries_)
        PCG_ASSERT(entry.route.method != method || entry.route.pattern != pattern);
    entries_.push_back(
        {{std::move(method), std::move(pattern)}, std::move(segments), std::move(handler)});
    return *this;
}

net::Task<void> Router::handle(Exchange& exchange) const {
    const auto path = exchange.request().path();
    if (path.empty() || path.front() != '/') {
        const std::vector<std::string> none;
        co_await refuse(exchange, none);
        co_return;
    }
    const auto segments = segmentsOf(path);
    std::vector<std::string> allowed;
    for (const auto& entry : entries_) {
        const auto params = match(entry.segments, segments);
        if (!params) continue;
        if (answers(entry.route.method, exchange.request().method)) {
            co_await entry.handler(exchange, *params);
            co_return;
        }
        allowed.push_back(entry.route.method);
    }
    co_await refuse(exchange, allowed);
}

Handler Router::handler() const {
    return [this](Exchange& exchange) { return handle(exchange); };
}

std::vector<Router::Route> Router::routes() const {
    std::vector<Route> routes;
    for (const auto& entry : entries_) routes.push_back(entry.route);
    return routes;
}

std::string queryParameter(std::string_view target, std::string_view name) {
    const auto question = target.find('?');
    if (question == std::string_view::npos) return {};
    for (const auto pair : split(target.substr(question + 1), '&')) {
        const auto equals = pair.find('=');
        if (pair.substr(0, equals) != name) continue;
        std::string value(equals == std::string_view::npos ? std::string_view{}
                                                           : pair.substr(equals + 1));
        std::replace(value.begin(), value.end(), '+', ' ');
        return percentDecode(value).value_or(std::string());
    }
    return {};
}

}  // namespace pcg::http
