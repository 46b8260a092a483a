// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/rest/change_event.h"

#include "common/base/text.h"

#include <vector>

namespace pcg::controlplane::rest {
namespace {

bool isParameter(std::string_view segment) { return segment.starts_with('{'); }

std::string singular(std::string_view resource) {
    if (resource.ends_with('s')) resource.remove_suffix(1);
    return std::string(resource);
}

std::string_view verbOf(std::string_view method) {
    if (method == "POST") return "add";
    return method == "DELETE" ? "remove" : "change";
}

std::optional<AuditOutcome> outcomeOf(int status) {
    if (status == 0) return std::nullopt;
    if (status < 300) return AuditOutcome::Success;
    if (status == 504) return AuditOutcome::Unknown;
    if (status >= 500) return AuditOutcome::Failed;
    const bool isTold = status == 401 || status == 403 || status == 404 || status == 409 ||
                        status == 412 || status == 429;
    if (!isTold) return std::nullopt;
    return AuditOutcome::Refused;
}

// What the new thing is called. Of an accepted request only: what is refused may be a password in
// the wrong field.
std::string nameIn(const codec::json::Object& body) {
    for (const auto* member : {"name", "username", "label"}) {
        const auto* value = body.find(member);
        if (value != nullptr && value->asString() != nullptr) return *value->asString();
    }
    return {};
}

}  // namespace

std::optional<AuditEvent> changeOf(std::string_view method,
                                   std::string_view pattern,
                                   const http::RouteParams& params,
                                   const codec::json::Object& body,
                                   int status) {
    if (method == "GET" || method == "HEAD") return std::nullopt;
    const auto outcome = outcomeOf(status);
    if (!outcome) return std::nullopt;
    constexpr std::string_view kRoot = "/api/v1/";
    if (!pattern.starts_with(kRoot)) return std::nullopt;
    AuditEvent event;
    event.outcome = *outcome;
    std::string resource;
    std::string step;  // a word after the thing that it is done to
    std::string id;
    for (const auto segment : split(pattern.substr(kRoot.size()), '/')) {
        if (isParameter(segment)) {
            id = params.text(segment.substr(1, segment.size() - 2));
            resource = step;
            step.clear();
        } else {
            if (!step.empty()) resource = step;
            step = segment;
        }
    }
    // A collection ends in "s"; what does not is done to the thing before it.
    const bool isStep = !resource.empty() && !step.empty() && !step.ends_with('s');
    if (!step.empty() && !isStep) {
        resource = step;
        id.clear();
        step.clear();
    }
    event.target.kind = singular(resource);
    event.target.id = id;
    event.action = event.target.kind + "." + (isStep ? step : std::string(verbOf(method)));
    if (*outcome == AuditOutcome::Success) event.target.name = nameIn(body);
    event.detail = "API " + std::to_string(status);
    return event;
}

}  // namespace pcg::controlplane::rest
