// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/endpoint/maas/api_key.h"

#include "vcenter-proxy/errc.h"

#include <algorithm>

namespace pcg::proxy::maas {

Result<oauth::ApiKey> apiKeyOf(const Credential& credential) {
    const auto password = credential.password.revealText();
    const bool whole = std::count(password.begin(), password.end(), ':') == 2;
    // Of its final size at once: growing would leave copies of the secret behind.
    std::string text;
    text.reserve(credential.username.size() + password.size() + 1);
    if (!whole) text.append(credential.username.revealText()).append(":");
    text.append(password);
    auto key = oauth::ApiKey::parse(text);
    wipe(text);
    if (key) return key;
    return fail(errc::kCredentialsRejected,
                "the stored API key cannot be one: " + key.error().message() +
                    ". Set it again with pcgctl endpoint credentials");
}

}  // namespace pcg::proxy::maas
