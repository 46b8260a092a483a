// SPDX-License-Identifier: Apache-2.0
// The Authorization field of OAuth 1.0 (RFC 5849 section 3.5.1), as MAAS's clients write it: the
// fields in any order, a realm anywhere or not at all.
//
// The signature of a PLAINTEXT request is a secret and is kept as one. Pure functions.
#pragma once

#include "common/base/secret.h"
#include "common/oauth/form.h"

namespace pcg::oauth {

enum class Method { Plaintext, HmacSha1 };

struct Authorization {
    std::string consumer;
    std::string token;
    std::string method;     // "PLAINTEXT", "HMAC-SHA1", or what else the client wrote
    std::string timestamp;  // as written: whether it is a number is for the server to judge
    std::string nonce;
    std::string version;  // empty if not given
    Secret signature;     // decoded
    // Everything that is signed: the fields without realm and oauth_signature, decoded.
    Parameters parameters;

    // oauth.bad_authorization: another scheme, a field twice, a missing one.
    static Result<Authorization> parse(std::string_view field);

    // The same of parameters that came in a query or a form. Nothing if there is no oauth_token.
    static Result<Authorization> fromParameters(const Parameters& parameters);

    std::optional<Method> knownMethod() const;
};

}  // namespace pcg::oauth
