// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/endpoint/maas/request.h"

#include "common/base/text.h"
#include "common/http/admission.h"
#include "vcenter-proxy/errc.h"

#include <algorithm>
#include <array>

namespace pcg::proxy::maas {
namespace {

constexpr std::size_t kTargetLimit = 8192;
constexpr std::string_view kRetired = "/MAAS/api/1.0/";
constexpr std::string_view kApi = "/MAAS/api/2.0/";
constexpr std::string_view kSuffix = "op-";

tl::unexpected<Error> bad(const Error& why) { return fail(errc::kBadTarget, why.message()); }

bool isUpload(const http::RequestHead& head, std::string_view below) {
    const auto parts = split(below, '/');
    return head.method == "PUT" && parts.size() == 5 && parts[0] == "boot-resources" &&
           parts[2] == "upload" && parts[4].empty();
}

// "machines/x/op-power_on" -> "machines/x/" and "power_on".
void cutSuffix(Target& target) {
    const auto slash = target.below.rfind('/');
    if (slash == std::string::npos) return;
    const auto last = std::string_view(target.below).substr(slash + 1);
    if (!last.starts_with(kSuffix)) return;
    target.suffix = last.substr(kSuffix.size());
    target.below.resize(slash + 1);
}

// The one value of `op`; MAAS would take the last of several, another server the first.
Result<std::string> onlyOp(const oauth::Parameters& parameters) {
    std::string op;
    for (const auto& parameter : parameters) {
        if (parameter.name != "op" || parameter.value.empty() || parameter.value == op) continue;
        if (!op.empty()) {
            return fail(errc::kConflictingOps, "the request names more than one operation (op)");
        }
        op = parameter.value;
    }
    return op;
}

}  // namespace

Result<Target> Target::parse(const http::RequestHead& head) {
    if (head.target.size() > kTargetLimit) {
        return fail(errc::kBadTarget, "the request's target is longer than 8 KiB");
    }
    const auto canonical = http::canonicalTarget(head.target);
    if (!canonical) return bad(canonical.error());
    Target target;
    const auto question = canonical->find('?');
    target.path = canonical->substr(0, question);
    if (question != std::string::npos) target.query = canonical->substr(question + 1);
    auto parameters = oauth::parseForm(target.query);
    if (!parameters) return bad(parameters.error());
    target.parameters = std::move(*parameters);
    if (target.path.starts_with(kRetired)) {
        target.door = Door::Retired;
        return target;
    }
    if (target.path == "/MAAS/api/version/") {
        target.door = Door::Open;
        return target;
    }
    if (!target.path.starts_with(kApi)) {
        return fail(errc::kPathDenied, "this path is not open through the gateway");
    }
    target.below = target.path.substr(kApi.size());
    if (target.below == "version/" || target.below == "describe/") target.door = Door::Open;
    if (isUpload(head, target.below)) target.door = Door::Upload;
    cutSuffix(target);
    return target;
}

std::string Target::forwarded() const {
    const auto kept = oauth::formWithout(query, &oauth::isOAuthName);
    return kept.empty() ? path : path + "?" + kept;
}

Result<> checkContentType(const std::string* contentType) {
    if (contentType == nullptr) return {};
    const auto pieces = split(*contentType, ';');
    for (std::size_t i = 1; i < pieces.size(); ++i) {
        const auto piece = toLowerAscii(trimAscii(pieces[i]));
        const bool utf8 = piece == "charset=utf-8" || piece == "charset=\"utf-8\"";
        if (utf8 || piece.starts_with("boundary=")) continue;
        return fail(errc::kBadHeader,
                    "Content-Type may have a boundary and charset=utf-8, and nothing else");
    }
    return {};
}

Result<Form> Form::parse(const std::string* contentType, std::string_view body) {
    Form form;
    if (body.empty()) return form;
    constexpr std::string_view kUrlencoded = "application/x-www-form-urlencoded";
    const std::string type = contentType == nullptr ? std::string(kUrlencoded) : *contentType;
    const auto boundary = oauth::Multipart::boundaryOf(type);
    if (!boundary) return fail(errc::kBadForm, boundary.error().message());
    if (*boundary) {
        const auto multipart = oauth::Multipart::parse(body, **boundary);
        if (!multipart) return fail(errc::kBadForm, multipart.error().message());
        const auto& parts = multipart->parts();
        const bool smuggles = std::any_of(parts.begin(), parts.end(), [](const oauth::Part& part) {
            return oauth::isOAuthName(part.name);
        });
        form.parameters = multipart->fields();
        form.forwarded = smuggles ? multipart->without(&oauth::isOAuthName) : std::string(body);
        return form;
    }
    const auto name = trimAscii(std::string_view(type).substr(0, type.find(';')));
    if (!equalsIgnoreCaseAscii(name, kUrlencoded)) {
        return fail(errc::kBadForm,
                    "a body must be application/x-www-form-urlencoded or multipart/form-data, "
                    "which the gateway can read");
    }
    auto parameters = oauth::parseForm(body);
    if (!parameters) return fail(errc::kBadForm, parameters.error().message());
    form.parameters = std::move(*parameters);
    form.forwarded = oauth::formWithout(body, &oauth::isOAuthName);
    return form;
}

Result<std::string> operationOf(const Target& target, const Form& form) {
    auto in_query = PCG_TRY(onlyOp(target.parameters));
    auto in_form = PCG_TRY(onlyOp(form.parameters));
    const std::array<std::string, 3> places{std::move(in_query), std::move(in_form), target.suffix};
    std::string op;
    for (const auto& place : places) {
        if (place.empty() || place == op) continue;
        if (!op.empty()) {
            return fail(errc::kConflictingOps,
                        "the request names one operation (op) in one place and another elsewhere");
        }
        op = place;
    }
    return op;
}

std::string describedFor(std::string_view description, std::string_view client_host) {
    constexpr std::string_view kPath = "/MAAS/";
    std::string out;
    out.reserve(description.size());
    while (true) {
        const auto found = description.find("\"http");
        if (found == std::string_view::npos) break;
        out += description.substr(0, found);
        description.remove_prefix(found);
        const auto scheme = description.find("://");
        const bool is_url = scheme == 5 || (scheme == 6 && description[5] == 's');
        const auto authority = is_url ? description.substr(scheme + 3) : std::string_view();
        const auto end = std::min(authority.find_first_of("/\"\\ "), authority.size());
        if (!is_url || !authority.substr(end).starts_with(kPath)) {
            out += description.substr(0, 5);
            description.remove_prefix(5);
            continue;
        }
        out += "\"https://" + std::string(client_host);
        description.remove_prefix(scheme + 3 + end);
    }
    return out + std::string(description);
}

}  // namespace pcg::proxy::maas
