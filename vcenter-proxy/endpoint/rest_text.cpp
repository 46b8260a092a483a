// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/endpoint/rest_text.h"

#include "common/base/text.h"
#include "common/codec/json.h"
#include "vcenter-proxy/errc.h"

#include <algorithm>
#include <array>

namespace pcg::proxy {
namespace {

namespace json = codec::json;

constexpr std::size_t kIdLimit = 1024;
constexpr std::array<std::string_view, 2> kOfTheCertificate{"ssl_certificate_thumbprint",
                                                            "ssl_certificate"};

struct ErrorName {
    int status;
    std::string_view lower;  // /rest
    std::string_view upper;  // /api
};

constexpr std::array<ErrorName, 6> kErrors{{{400, "invalid_request", "INVALID_REQUEST"},
                                            {401, "unauthenticated", "UNAUTHENTICATED"},
                                            {403, "unauthorized", "UNAUTHORIZED"},
                                            {404, "not_found", "NOT_FOUND"},
                                            {503, "service_unavailable", "SERVICE_UNAVAILABLE"},
                                            {504, "timed_out", "TIMED_OUT"}}};

const ErrorName& errorOf(int status) {
    const auto found = std::find_if(kErrors.begin(), kErrors.end(), [&](const ErrorName& name) {
        return name.status == status;
    });
    return found == kErrors.end() ? kErrors.front() : *found;
}

bool isId(std::string_view text) {
    return !text.empty() && text.size() <= kIdLimit &&
           std::all_of(text.begin(), text.end(), [](char c) {
               return c > 0x20 && c < 0x7f && c != '"' && c != ';' && c != ',' && c != '\\';
           });
}

// "https://vc.example.com:443/cls/data/x/y" -> "/cls/data/x/y"; nothing for other places.
std::optional<std::string> dataPathOf(std::string_view uri) {
    if (!toLowerAscii(uri.substr(0, 8)).starts_with("https://")) return std::nullopt;
    uri.remove_prefix(8);
    const auto slash = uri.find('/');
    if (slash == std::string_view::npos || uri.find('@') < slash) return std::nullopt;
    const auto path = uri.substr(slash);
    if (!isLibraryDataPath(path)) return std::nullopt;
    return std::string(path);
}

class Rewriting {
  public:
    explicit Rewriting(std::string_view host) : host_(host) {}

    json::Value value(const json::Value& from) {
        if (const auto* items = from.asArray()) {
            json::Array copy;
            copy.reserve(items->size());
            for (const auto& item : *items) copy.push_back(value(item));
            return copy;
        }
        if (const auto* members = from.asObject()) return object(*members);
        return from;
    }

    bool changed() const { return changed_; }

  private:
    json::Object object(const json::Object& from) {
        const auto* uri = from.find("uri");
        const auto* text = uri == nullptr ? nullptr : uri->asString();
        const auto path = text == nullptr ? std::nullopt : dataPathOf(*text);
        json::Object copy;
        for (const auto& member : from.members()) {
            const bool of_certificate =
                std::find(kOfTheCertificate.begin(), kOfTheCertificate.end(), member.name) !=
                kOfTheCertificate.end();
            if (path && of_certificate) continue;
            if (path && member.name == "uri") {
                copy.set("uri", "https://" + host_ + *path);
            } else {
                copy.set(member.name, value(member.value));
            }
        }
        changed_ = changed_ || path.has_value();
        return copy;
    }

    std::string host_;
    bool changed_ = false;
};

}  // namespace

std::string restErrorBody(RestDoor door, int status, std::string_view text) {
    const auto& name = errorOf(status);
    json::Object message;
    message.set("args", json::Array());
    message.set("default_message", text);
    message.set("id", "pcg.gateway");
    json::Array messages;
    messages.emplace_back(std::move(message));
    json::Object value;
    value.set("error_type", name.upper);
    value.set("messages", std::move(messages));
    if (door == RestDoor::Api) return json::write(value);
    json::Object wrapped;
    wrapped.set("type", "com.vmware.vapi.std.errors." + std::string(name.lower));
    wrapped.set("value", std::move(value));
    return json::write(wrapped);
}

Result<Secret> parseSessionId(RestDoor door, BytesView body) {
    const auto bad = [] {
        return fail(errc::kNotAVcenter,
                    "the endpoint accepted the login but gave no REST session id");
    };
    const auto parsed = json::parse(asText(body));
    if (!parsed) return bad();
    const json::Value* id = &*parsed;
    if (door == RestDoor::Rest) {
        const auto* object = parsed->asObject();
        id = object == nullptr ? nullptr : object->find("value");
    }
    const auto* text = id == nullptr ? nullptr : id->asString();
    if (text == nullptr || !isId(*text)) return bad();
    return Secret::fromText(*text);
}

std::string sessionIdBody(RestDoor door, std::string_view id) {
    if (door == RestDoor::Api) return json::write(json::Value(id));
    return json::write(json::Object().set("value", id));
}

std::optional<std::string> withOwnTransferUris(BytesView text, std::string_view client_host) {
    const auto parsed = json::parse(asText(text), kTransferAnswerLimit);
    if (!parsed) return std::nullopt;
    Rewriting rewriting(client_host);
    const auto value = rewriting.value(*parsed);
    if (!rewriting.changed()) return std::nullopt;
    return json::write(value);
}

}  // namespace pcg::proxy
