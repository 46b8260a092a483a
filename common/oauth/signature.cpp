// SPDX-License-Identifier: Apache-2.0
#include "common/oauth/signature.h"

#include "common/base/text.h"
#include "common/codec/base64.h"
#include "common/crypto/hmac_sha1.h"
#include "common/oauth/errc.h"

#include <algorithm>

namespace pcg::oauth {

std::string baseUri(std::string_view scheme, std::string_view authority, std::string_view path) {
    const auto lower = toLowerAscii(scheme);
    auto host = toLowerAscii(authority);
    const std::string_view standard = lower == "https" ? ":443" : ":80";
    if (host.ends_with(standard)) host.resize(host.size() - standard.size());
    return lower + "://" + host + std::string(path);
}

std::string baseString(std::string_view method,
                       std::string_view uri,
                       const Parameters& parameters) {
    std::vector<std::pair<std::string, std::string>> encoded;
    encoded.reserve(parameters.size());
    for (const auto& parameter : parameters) {
        encoded.emplace_back(percentEncode(parameter.name), percentEncode(parameter.value));
    }
    std::sort(encoded.begin(), encoded.end());
    std::string joined;
    for (const auto& [name, value] : encoded) {
        if (!joined.empty()) joined += '&';
        joined += name + "=" + value;
    }
    return std::string(method) + "&" + percentEncode(uri) + "&" + percentEncode(joined);
}

Secret signingKey(const Secret& tokenSecret) {
    auto text = "&" + percentEncode(tokenSecret.revealText());
    return Secret::takeText(text);
}

std::string hmacSha1(std::string_view base, const Secret& tokenSecret) {
    const auto key = signingKey(tokenSecret);
    return codec::base64Encode(crypto::hmacSha1(key.reveal(), asBytes(base)));
}

bool matchesPlaintext(const Secret& signature, const Secret& tokenSecret) {
    return constantTimeEqual(signature.reveal(), signingKey(tokenSecret).reveal());
}

bool matchesHmacSha1(const Secret& signature, std::string_view base, const Secret& tokenSecret) {
    return constantTimeEqual(signature.reveal(), asBytes(hmacSha1(base, tokenSecret)));
}

Result<ApiKey> ApiKey::parse(std::string_view text) {
    const auto parts = split(text, ':');
    const auto isUsable = [](std::string_view part) {
        return !part.empty() && part.size() <= 512 &&
               std::all_of(part.begin(), part.end(), [](char c) { return c > 0x20 && c < 0x7f; });
    };
    if (parts.size() != 3 || !std::all_of(parts.begin(), parts.end(), isUsable)) {
        return fail(errc::kBadAuthorization,
                    "a MAAS API key has three parts, consumer:token:secret, none of them empty");
    }
    return ApiKey{std::string(parts[0]), std::string(parts[1]), Secret::fromText(parts[2])};
}

std::string plaintextAuthorization(const ApiKey& key, WallTime now, Random& random) {
    const auto quoted = [](std::string_view name, std::string_view value) {
        return std::string(name) + "=\"" + percentEncode(value) + "\"";
    };
    const auto signature = signingKey(key.secret);
    return "OAuth " + quoted("oauth_version", "1.0") + ", " +
           quoted("oauth_signature_method", "PLAINTEXT") + ", " +
           quoted("oauth_consumer_key", key.consumer) + ", " + quoted("oauth_token", key.token) +
           ", " + quoted("oauth_signature", signature.revealText()) + ", " +
           quoted("oauth_timestamp", std::to_string(toUnixMilliseconds(now) / 1000)) + ", " +
           quoted("oauth_nonce", toHex(random.array<16>()));
}

}  // namespace pcg::oauth
