// SPDX-License-Identifier: Apache-2.0
// The real credentials of the endpoints. They are fetched for one Login, and wiped after it.
//
// Called on the loop thread; an implementation that reads a disk does so on its worker and resumes
// on the loop. An endpoint without credentials is an error, whose message names the command that
// sets them.
#pragma once

#include "common/base/secret.h"
#include "common/net/asio.h"
#include "common/wire/ids.h"

#include <string>

namespace pcg::proxy {

struct Credential {
    Secret username;  // UTF-8
    Secret password;  // UTF-8
    std::string
        authority;  // whom they are for, as EndpointConfig::authority: nobody else gets them
};

class CredentialVault {
  public:
    virtual ~CredentialVault() = default;
    virtual net::Task<Result<Credential>> credentialFor(wire::EndpointId endpoint) = 0;
};

}  // namespace pcg::proxy
