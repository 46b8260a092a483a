// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/rest/endpoint_requests.h"

#include "common/codec/base64url.h"
#include "common/codec/name_rule.h"
#include "common/wire/endpoint_form.h"

namespace pcg::controlplane::rest {
namespace {

using codec::json::Object;

constexpr std::size_t kMaxPem = 32 * 1024;
constexpr std::size_t kMaxText = 1024;
constexpr std::size_t kMaxSealed = 11 * 1024;  // 8 KiB in base64url
constexpr std::size_t kMaxKeyId = 64;
constexpr std::int64_t kMaxKeySeconds = 10LL * 366 * 24 * 3600;
constexpr std::string_view kPemBegin = "-----BEGIN CERTIFICATE-----";

// The wire's forms say what is wrong, but not where.
template <class T>
Checked<T> under(const Fields& fields, std::string_view name, Result<T> read) {
    if (read) return std::move(*read);
    const auto path = fields.pathOf(name);
    return refuseField(path, "\"" + path + "\": " + read.error().message());
}

Checked<std::string> endpointName(const Fields& fields) {
    const auto text = PCG_TRY(fields.string("name", kMaxText));
    return under(fields, "name", wire::parseEndpointName(text));
}

Checked<std::string> address(const Fields& fields) {
    const auto text = PCG_TRY(fields.string("address", kMaxText));
    return PCG_TRY(under(fields, "address", wire::EndpointAddress::parse(text))).authority();
}

Checked<std::string> fingerprint(const Fields& fields, std::string_view name) {
    const auto text = PCG_TRY(fields.string(name, kMaxText));
    return under(fields, name, wire::parseFingerprint(text));
}

Checked<Object> trust(const Fields& fields) {
    const auto words = PCG_TRY(fields.object("trust"));
    const auto mode = PCG_TRY(words.oneOf("mode", {"ca", "pin", "ask"}));
    Object made;
    made.set("mode", mode);
    if (mode == "ca") {
        PCG_TRY(words.only({"mode", "ca_pem"}));
        auto pem = PCG_TRY(words.string("ca_pem", kMaxPem));
        if (pem.find(kPemBegin) == std::string::npos) {
            return refuseField("trust.ca_pem",
                               "\"trust.ca_pem\" holds no certificate in PEM form (" +
                                   std::string(kPemBegin) + ").");
        }
        made.set("ca_pem", std::move(pem));
    } else if (mode == "pin") {
        PCG_TRY(words.only({"mode", "sha256"}));
        made.set("sha256", PCG_TRY(fingerprint(words, "sha256")));
    } else {
        PCG_TRY(words.only({"mode"}));
    }
    return made;
}

// What is inside is for the gateway alone.
Checked<Object> credentials(const Fields& fields) {
    const auto box = PCG_TRY(fields.object("credentials"));
    PCG_TRY(box.only({"sealed", "key_id"}));
    auto sealed = PCG_TRY(box.string("sealed", kMaxSealed));
    PCG_TRY(under(box, "sealed", codec::base64UrlDecode(sealed)));
    return Object()
        .set("sealed", std::move(sealed))
        .set("key_id", PCG_TRY(box.string("key_id", kMaxKeyId)));
}

}  // namespace

Checked<Object> newEndpointBody(const Fields& fields) {
    PCG_TRY(fields.only({"name", "kind", "address", "trust", "credentials"}));
    Object made;
    made.set("name", PCG_TRY(endpointName(fields)))
        .set("kind", PCG_TRY(fields.string("kind", 64)))
        .set("address", PCG_TRY(address(fields)))
        .set("trust", PCG_TRY(trust(fields)))
        .set("credentials", PCG_TRY(credentials(fields)));
    return made;
}

Checked<Object> endpointChangeBody(const Fields& fields) {
    PCG_TRY(fields.only({"name", "address", "trust", "credentials"}));
    Object made;
    if (fields.has("name")) made.set("name", PCG_TRY(endpointName(fields)));
    if (fields.has("address")) made.set("address", PCG_TRY(address(fields)));
    if (fields.has("trust")) made.set("trust", PCG_TRY(trust(fields)));
    if (fields.has("credentials")) made.set("credentials", PCG_TRY(credentials(fields)));
    if (made.size() > 0) return made;
    return refuseField("name",
                       "Nothing would change: give \"name\", \"address\", \"trust\" or "
                       "\"credentials\".");
}

Checked<Object> approvalBody(const Fields& fields) {
    PCG_TRY(fields.only({"sha256"}));
    return Object().set("sha256", PCG_TRY(fingerprint(fields, "sha256")));
}

Checked<Object> newKeyBody(const Fields& fields) {
    PCG_TRY(fields.only({"label", "role", "expires_in_s"}));
    Object made;
    made.set("role", PCG_TRY(fields.oneOf("role", {"inventory", "deploy", "full"})));
    if (fields.has("label")) made.set("label", PCG_TRY(fields.name("label")));
    const auto seconds = PCG_TRY(fields.optionalInteger("expires_in_s", 1, kMaxKeySeconds));
    if (seconds) made.set("expires_in_s", *seconds);
    return made;
}

}  // namespace pcg::controlplane::rest
