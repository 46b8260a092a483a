// SPDX-License-Identifier: Apache-2.0
#include "test/peers/maas-sim/api.h"

#include "common/base/text.h"
#include "test/peers/maas-sim/render.h"

#include <algorithm>

namespace pcg::maassim {
namespace {

namespace json = codec::json;

constexpr std::string_view kRoot = "/MAAS/api/2.0/";

// The places of the pattern, if the path has its shape.
std::optional<Ids> match(std::string_view pattern, std::string_view path) {
    const auto wanted = split(pattern, '/');
    const auto given = split(path, '/');
    if (wanted.size() != given.size()) return std::nullopt;
    Ids ids;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        if (wanted[i] == "{}" && !given[i].empty()) {
            ids.emplace_back(given[i]);
        } else if (wanted[i] != given[i]) {
            return std::nullopt;
        }
    }
    return ids;
}

struct Matched {
    const Api::Resource* resource;
    Ids ids;
};

std::optional<Matched> findResource(std::string_view path) {
    for (const auto& resource : Api::resources()) {
        if (auto ids = match(resource.pattern, path)) return Matched{&resource, std::move(*ids)};
    }
    return std::nullopt;
}

bool isOfVmHosts(std::string_view path) {
    return path.starts_with("pods/") || path.starts_with("vm-hosts/") ||
           path.starts_with("vm-clusters/");
}

Reply unknownPath(const std::string& path) {
    return Reply::text(404, "Unknown API endpoint: " + path + ".");
}

json::Array capabilities() {
    json::Array list;
    for (const auto* one : {"networks-management",
                            "static-ipaddresses",
                            "ipv6-deployment-ubuntu",
                            "devices-management",
                            "storage-deployment-ubuntu",
                            "network-deployment-ubuntu",
                            "bridging-interface-ubuntu",
                            "bridging-automatic-ubuntu",
                            "authenticate-api"}) {
        list.emplace_back(one);
    }
    return list;
}

}  // namespace

bool isTrue(const oauth::Parameters& form, std::string_view name) {
    const auto text = toLowerAscii(textOf(form, name));
    return text == "true" || text == "1" || text == "on" || text == "yes";
}

std::string textOf(const oauth::Parameters& form, std::string_view name) {
    const auto* value = oauth::lastOf(form, name);
    return value == nullptr ? std::string() : *value;
}

Reply Reply::json(const json::Value& value, int status) {
    Reply reply;
    reply.status = status;
    reply.body = json::write(value);
    return reply;
}

Reply Reply::text(int status, std::string body) {
    Reply reply;
    reply.status = status;
    reply.type = "text/plain; charset=utf-8";
    reply.body = std::move(body);
    return reply;
}

Reply Reply::refused(const Refusal& refusal) { return text(refusal.status, refusal.text); }

Reply Reply::field(const std::string& field, const std::string& message) {
    json::Array messages;
    messages.emplace_back(message);
    json::Object object;
    object.set(field, std::move(messages));
    return json(std::move(object), 400);
}

bool Api::isOpen(const std::string& path) {
    return path == "/MAAS/api/version/" || path.starts_with("/MAAS/api/1.0/") ||
           path == std::string(kRoot) + "version/" || path == std::string(kRoot) + "describe/";
}

Reply Api::handle(const Request& request) {
    const auto& path = request.path;
    if (path == "/MAAS/api/version/") return Reply::text(200, "2.0");
    if (path.starts_with("/MAAS/api/1.0/")) {
        return Reply::text(410, "The 1.0 API is no longer available. Please use API version 2.0.");
    }
    if (!path.starts_with(kRoot)) return Reply::text(404, "Not Found");
    std::string_view below = std::string_view(path).substr(kRoot.size());
    if (below == "version/") {
        json::Object version;
        version.set("version", region_.options().is38 ? "3.8.0" : "3.7.3")
            .set("subversion", "")
            .set("capabilities", capabilities());
        return Reply::json(std::move(version));
    }
    if (below == "describe/") return describe(request);
    if (region_.options().is38 && isOfVmHosts(below)) {
        return Reply::text(410, "VM host (KVM) support has been removed from MAAS.");
    }
    std::string op = textOf(request.query_parameters, "op");
    if (op.empty()) op = textOf(request.form, "op");
    auto found = findResource(below);
    if (!found) {
        const auto slash = below.rfind('/');
        const bool suffix =
            slash != std::string_view::npos && below.substr(slash + 1).starts_with("op-");
        if (suffix) found = findResource(below.substr(0, slash + 1));
        if (!found) return unknownPath(path);
        if (op.empty()) op = std::string(below.substr(slash + 4));
    }
    return dispatch(request, *found->resource, found->ids, std::move(op));
}

Reply Api::dispatch(const Request& request,
                    const Resource& resource,
                    const Ids& ids,
                    std::string op) {
    std::string allowed;
    bool known = false;
    for (const auto& operation : resource.operations) {
        known = known || operation.method == request.method;
        if (allowed.find(operation.method) == std::string::npos) {
            allowed += (allowed.empty() ? "" : ", ") + operation.method;
        }
        if (operation.method != request.method || operation.op != op) continue;
        if (operation.admin && !request.user->admin) {
            return Reply::text(403, "User is not allowed access to this API.");
        }
        return (this->*operation.run)(request, ids);
    }
    if (!known) {
        auto reply = Reply::text(405, "");
        reply.headers.emplace_back("Allow", allowed);
        return reply;
    }
    return Reply::text(
        400,
        "Unrecognised signature: method=" + request.method + " op=" + (op.empty() ? "None" : op));
}

Reply Api::describe(const Request& request) const {
    json::Array list;
    for (const auto& resource : resources()) {
        json::Array actions, params;
        std::string pattern = resource.pattern;
        for (std::size_t at = 0, n = 1; (at = pattern.find("{}")) != std::string::npos; ++n) {
            const auto name = "id" + std::to_string(n);
            pattern.replace(at, 2, "{" + name + "}");
            params.emplace_back(name);
        }
        for (const auto& operation : resource.operations) {
            const bool plain = operation.op.empty();
            json::Object action;
            action.set("name", plain ? toLowerAscii(operation.method) : operation.op)
                .set("doc",
                     "What MAAS's own documentation says about " + operation.op + " of " + pattern)
                .set("method", operation.method)
                .set("op", plain ? json::Value(nullptr) : json::Value(operation.op))
                .set("restful", plain);
            actions.emplace_back(std::move(action));
        }
        json::Object handler;
        handler.set("name", resource.pattern)
            .set("doc", "")
            .set("path", std::string(kRoot) + pattern)
            .set("uri", request.origin + std::string(kRoot) + pattern)
            .set("params", std::move(params))
            .set("actions", std::move(actions));
        json::Object item;
        item.set("name", resource.pattern).set("auth", std::move(handler)).set("anon", nullptr);
        list.emplace_back(std::move(item));
    }
    json::Object description;
    description.set("doc", "MAAS API").set("hash", "0f7d3d1d").set("resources", std::move(list));
    return Reply::json(std::move(description));
}

Machine* Api::target(const Ids& ids, Reply& refusal) {
    auto found = region_.require(ids.front());
    if (!found) refusal = Reply::refused(found.error());
    return found ? *found : nullptr;
}

}  // namespace pcg::maassim
