// SPDX-License-Identifier: Apache-2.0
// OAuth 1.0 signatures (RFC 5849 section 3.4) with an empty consumer secret, as MAAS has it.
//
// Pure functions, any thread.
#pragma once

#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/base/secret.h"
#include "common/oauth/authorization.h"

namespace pcg::oauth {

// "https://maas.example:5443/MAAS/api/2.0/machines/": scheme and authority in lower case, the
// scheme's own port left out, nothing behind the path.
std::string baseUri(std::string_view scheme, std::string_view authority, std::string_view path);

// Section 3.4.1. `parameters` in any order: OAuth's own, the query's and the form's.
std::string baseString(std::string_view method, std::string_view uri, const Parameters& parameters);

// "&secret", each part encoded: the key of HMAC-SHA1, and the whole signature of PLAINTEXT.
Secret signingKey(const Secret& tokenSecret);

// Base64 of the HMAC-SHA1 of the base string.
std::string hmacSha1(std::string_view base, const Secret& tokenSecret);

// Whether a PLAINTEXT signature is that of this secret, in constant time.
bool matchesPlaintext(const Secret& signature, const Secret& tokenSecret);

// Whether it is the HMAC-SHA1 of this base string, in constant time.
bool matchesHmacSha1(const Secret& signature, std::string_view base, const Secret& tokenSecret);

struct ApiKey {
    std::string consumer;
    std::string token;
    Secret secret;

    // "consumer:token:secret", as MAAS prints it; oauth.bad_authorization.
    static Result<ApiKey> parse(std::string_view text);
};

// An Authorization field, PLAINTEXT: what any MAAS takes under whatever name it is reached.
std::string plaintextAuthorization(const ApiKey& key, WallTime now, Random& random);

}  // namespace pcg::oauth
