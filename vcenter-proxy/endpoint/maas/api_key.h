// SPDX-License-Identifier: Apache-2.0
// The real API key, kept like every endpoint's credentials: the user name holds the first two parts
// ("consumer:token"), the password the third. A key that somebody put into one field, or cut
// elsewhere, is understood too.
#pragma once

#include "common/oauth/signature.h"
#include "vcenter-proxy/credential_vault.h"

namespace pcg::proxy::maas {

// errc::kCredentialsRejected, and says how a key must look.
Result<oauth::ApiKey> apiKeyOf(const Credential& credential);

}  // namespace pcg::proxy::maas
