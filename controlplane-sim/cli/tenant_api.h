// SPDX-License-Identifier: Apache-2.0
// The calls that the tenant's command line makes. Refusals of the control plane become errors with
// its own words (their code is cli.refused; `pcg pair --json` prints the server's code). Loop
// thread.
#pragma once

#include "common/base/secret.h"
#include "common/codec/json.h"
#include "common/http/client.h"
#include "pairing/messages.h"

#include <memory>
#include <string>

namespace pcg::controlplane::cli {

inline constexpr ErrorCode kRefused{ErrorClass::Input, "cli.refused"};
inline constexpr ErrorCode kNoSuchCode{ErrorClass::Input, "cli.no_such_code"};
inline constexpr ErrorCode kToken{ErrorClass::Input, "cli.token"};
inline constexpr ErrorCode kNotAllowed{ErrorClass::Input, "cli.not_allowed"};
inline constexpr ErrorCode kNoSuchThing{ErrorClass::Input, "cli.no_such_thing"};
inline constexpr ErrorCode kConflict{ErrorClass::Input, "cli.conflict"};
inline constexpr ErrorCode kFile{ErrorClass::Input, "cli.file"};

// 0 to 5, as `pcg --help` lists them.
int exitCodeOf(const Error& error);

class TenantApi {
  public:
    struct Request {
        std::string method;
        std::string path;
        std::string body;
        std::string idempotencyKey;
        ByteCount limit = 64_KiB;
        bool claims = false;  // a 404 is about the code then
    };

    // An answer outside 2xx is an error with the control plane's own sentence.
    net::Task<Result<http::WholeResponse>> call(Request request);

    TenantApi(std::shared_ptr<http::Caller> caller, Secret token)
        : caller_(std::move(caller)), token_(std::move(token)) {}

    struct Me {
        std::string tenantId;
        std::string tenantName;
    };

    net::Task<Result<Me>> me();
    net::Task<Result<pairing::ClaimReply>> claim(pairing::ClaimRequest request,
                                                 std::string idempotencyKey);
    net::Task<Result<pairing::EventList>> events(pairing::ClaimId claim, std::int64_t after);
    net::Task<Result<>> send(pairing::ClaimId claim, pairing::Envelope envelope);
    net::Task<Result<>> approve(pairing::ClaimId claim, pairing::Approval approval);
    net::Task<Result<>> withdraw(pairing::ClaimId claim);

  private:
    std::shared_ptr<http::Caller> caller_;
    Secret token_;
};

}  // namespace pcg::controlplane::cli
