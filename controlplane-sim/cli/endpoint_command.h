// SPDX-License-Identifier: Apache-2.0
// `pcg endpoints add`, `credentials` and `approve`: a conversation, where the other commands are
// one request.
//
// Credentials are sealed here, to the key of the gateway whose id was typed (docs/protocol/
// sealed-credentials.md); the control plane gets nothing else of them. They are sealed for the
// address that was typed, never for one that the control plane names. A certificate is approved by
// its SHA-256, after it was shown. One thread; `ask` may block.
#pragma once

#include "common/base/random.h"
#include "controlplane-sim/cli/command_line.h"
#include "controlplane-sim/cli/person.h"
#include "controlplane-sim/cli/tenant_api.h"

#include <functional>

namespace pcg::controlplane::cli {

inline constexpr ErrorCode kNotApproved{ErrorClass::Input, "cli.not_approved"};
inline constexpr ErrorCode kNoSealingKey{ErrorClass::Input, "cli.no_sealing_key"};

class EndpointCommand {
  public:
    // A request with its answer's body.
    using Ask = std::function<Result<codec::json::Object>(TenantApi::Request)>;

    EndpointCommand(Ask ask, Person& person, Random& random)
        : ask_(std::move(ask)), person_(person), random_(random) {}

    // The endpoint as it is afterwards. cli.usage, cli.file, cli.not_approved, cli.no_sealing_key,
    // pairing.sealed when the key is not the gateway's own, and what `ask` says.
    Result<codec::json::Object> run(const CommandLine& line);

  private:
    struct Sealed {
        codec::json::Object credentials;
        std::string address;
    };

    // Of a MAAS: the first two parts of its API key, and the third.
    struct Login {
        Secret username;
        Secret password;
    };

    Result<codec::json::Object> add(const CommandLine& line);
    Result<codec::json::Object> changeCredentials(const CommandLine& line);
    Result<codec::json::Object> approve(const CommandLine& line);
    Result<Login> askLogin(const CommandLine& line,
                           std::string_view kind,
                           const std::string& gatewayId,
                           const std::string& address);
    Result<Sealed> seal(const CommandLine& line, std::string_view name, std::string_view kind);
    Result<codec::json::Object> send(std::string method,
                                     std::string path,
                                     const codec::json::Object& body);
    Result<codec::json::Object> get(std::string path);
    Result<std::optional<codec::json::Object>> offerApproval(const std::string& path,
                                                             const codec::json::Object& endpoint);

    Ask ask_;
    Person& person_;
    Random& random_;
};

}  // namespace pcg::controlplane::cli
