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
// It cannot answer now (408, 429, 5xx): weather, asking again may help.
inline constexpr ErrorCode kTryLater{ErrorClass::Weather, "cli.try_later"};
inline constexpr ErrorCode kNoSuchCode{ErrorClass::Input, "cli.no_such_code"};
inline constexpr ErrorCode kToken{ErrorClass::Input, "cli.token"};
inline constexpr ErrorCode kNotAllowed{ErrorClass::Input, "cli.not_allowed"};
inline constexpr ErrorCode kNoSuchThing{ErrorClass::Input, "cli.no_such_thing"};
inline constexpr ErrorCode kConflict{ErrorClass::Input, "cli.conflict"};
inline constexpr ErrorCode kFile{ErrorClass::Input, "cli.file"};

// 0 to 5, as `pcg --help` lists them.
int exitCodeOf(const Error& error);

// What an answer that is no success means.
Error refusalOf(const http::WholeResponse& response);

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

    // How long a message of a pairing is tried again while the control plane cannot take it.
    struct Patience {
        int tries = 20;
        std::chrono::milliseconds pause{500};
    };

    TenantApi(std::shared_ptr<http::Caller> caller, Secret token)
        : TenantApi(std::move(caller), std::move(token), Patience{}) {}

    TenantApi(std::shared_ptr<http::Caller> caller, Secret token, Patience patience)
        : caller_(std::move(caller)), token_(std::move(token)), patience_(patience) {}

    struct Me {
        std::string tenantId;
        std::string tenantName;
    };

    net::Task<Result<Me>> me();
    net::Task<Result<pairing::ClaimReply>> claim(pairing::ClaimRequest request,
                                                 std::string idempotencyKey);
    net::Task<Result<pairing::EventList>> events(pairing::ClaimId claim, std::int64_t after);
    // The relay takes either twice and acts once, so both are repeated while it is weather
    // that keeps them away: a pairing that people have confirmed must not end for that.
    net::Task<Result<>> send(pairing::ClaimId claim, pairing::Envelope envelope);
    net::Task<Result<>> approve(pairing::ClaimId claim, pairing::Approval approval);
    net::Task<Result<>> withdraw(pairing::ClaimId claim);

  private:
    net::Task<Result<>> deliver(std::string path, std::string body);

    std::shared_ptr<http::Caller> caller_;
    Secret token_;
    Patience patience_;
};

}  // namespace pcg::controlplane::cli
