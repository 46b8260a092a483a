// SPDX-License-Identifier: Apache-2.0
#include "common/oauth/authorization.h"

#include "common/base/percent.h"
#include "common/base/text.h"
#include "common/oauth/errc.h"

#include <algorithm>

namespace pcg::oauth {
namespace {

constexpr std::size_t kLongestField = 4096;
constexpr std::size_t kMostFields = 32;
constexpr std::string_view kScheme = "oauth ";
constexpr std::string_view kSignature = "oauth_signature";

tl::unexpected<Error> bad(std::string why) {
    return fail(errc::kBadAuthorization, "Authorization: " + std::move(why));
}

Result<Parameter> readOne(std::string_view piece) {
    const auto equals = piece.find('=');
    if (equals == std::string_view::npos) return bad("a field has no value");
    auto name = percentDecode(trimAscii(piece.substr(0, equals)));
    auto raw = trimAscii(piece.substr(equals + 1));
    if (raw.size() < 2 || raw.front() != '"' || raw.back() != '"') {
        return bad("a field's value is not quoted");
    }
    auto value = percentDecode(raw.substr(1, raw.size() - 2));
    if (!name || name->empty() || !value) return bad("a field has a broken escape");
    if (value->find('\0') != std::string::npos) return bad("a field has a NUL");
    return Parameter{std::move(*name), std::move(*value)};
}

Result<> refuseTwins(const Parameters& parameters) {
    for (auto one = parameters.begin(); one != parameters.end(); ++one) {
        const bool twice =
            std::any_of(std::next(one), parameters.end(), [&](const Parameter& other) {
                return equalsIgnoreCaseAscii(other.name, one->name);
            });
        if (twice) return bad("the field " + one->name.substr(0, 64) + " is given twice");
    }
    return {};
}

std::string valueOf(const Parameters& parameters, std::string_view name) {
    const auto* value = lastOf(parameters, name);
    return value == nullptr ? std::string() : *value;
}

// Takes the signature out of the parameters, which are signed without it.
Result<Authorization> assemble(Parameters parameters) {
    PCG_TRY(refuseTwins(parameters));
    for (const auto* name : {"oauth_consumer_key",
                             "oauth_token",
                             "oauth_signature",
                             "oauth_signature_method",
                             "oauth_timestamp",
                             "oauth_nonce"}) {
        if (lastOf(parameters, name) == nullptr) return bad(std::string(name) + " is missing");
    }
    Authorization made;
    const auto signature =
        std::find_if(parameters.begin(), parameters.end(), [](const Parameter& parameter) {
            return parameter.name == kSignature;
        });
    made.signature = Secret::takeText(signature->value);
    parameters.erase(signature);
    made.consumer = valueOf(parameters, "oauth_consumer_key");
    made.token = valueOf(parameters, "oauth_token");
    made.method = valueOf(parameters, "oauth_signature_method");
    made.timestamp = valueOf(parameters, "oauth_timestamp");
    made.nonce = valueOf(parameters, "oauth_nonce");
    made.version = valueOf(parameters, "oauth_version");
    made.parameters = std::move(parameters);
    return made;
}

}  // namespace

Result<Authorization> Authorization::parse(std::string_view field) {
    if (field.size() > kLongestField) return bad("the field is longer than 4 KiB");
    if (field.size() < kScheme.size() ||
        !equalsIgnoreCaseAscii(field.substr(0, kScheme.size()), kScheme)) {
        return bad("the scheme is not OAuth");
    }
    Parameters parameters;
    for (const auto piece : split(field.substr(kScheme.size()), ',')) {
        const auto text = trimAscii(piece);
        if (text.empty()) continue;
        if (parameters.size() == kMostFields) return bad("there are more than 32 fields");
        auto one = PCG_TRY(readOne(text));
        if (!equalsIgnoreCaseAscii(one.name, "realm")) parameters.push_back(std::move(one));
    }
    return assemble(std::move(parameters));
}

Result<Authorization> Authorization::fromParameters(const Parameters& parameters) {
    Parameters own;
    std::copy_if(parameters.begin(),
                 parameters.end(),
                 std::back_inserter(own),
                 [](const Parameter& parameter) { return isOAuthName(parameter.name); });
    return assemble(std::move(own));
}

std::optional<Method> Authorization::knownMethod() const {
    if (method == "PLAINTEXT") return Method::Plaintext;
    if (method == "HMAC-SHA1") return Method::HmacSha1;
    return std::nullopt;
}

}  // namespace pcg::oauth
