// SPDX-License-Identifier: Apache-2.0
// An Authorization field: what is read has all its parts, and no signature among what is signed.
#include "common/base/assert.h"
#include "common/oauth/signature.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace pcg;
    const auto text = asText({data, size});
    const auto shown = oauth::Authorization::parse(text);
    if (shown) {
        PCG_ASSERT(oauth::lastOf(shown->parameters, "oauth_signature") == nullptr);
        PCG_ASSERT(oauth::lastOf(shown->parameters, "oauth_token") != nullptr);
        PCG_ASSERT(
            !oauth::matchesPlaintext(shown->signature, Secret::fromText("a secret nobody has")));
        (void)oauth::baseString("GET", oauth::baseUri("https", "h", "/"), shown->parameters);
    }
    (void)oauth::ApiKey::parse(text);
    return 0;
}
