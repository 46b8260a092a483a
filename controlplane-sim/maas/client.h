// SPDX-License-Identifier: Apache-2.0
// Calls to one MAAS, as any client of it makes them: API 2.0, OAuth PLAINTEXT with an access key of
// the endpoint, over any http::Caller. Each is one round trip, nothing is asked for twice. Loop
// thread only.
#pragma once

#include "common/http/client.h"
#include "common/oauth/form.h"
#include "common/oauth/signature.h"
#include "controlplane-sim/maas/list_reader.h"

namespace pcg::controlplane::maas {

inline constexpr std::size_t kMaxListed = 20'000;

class Client {
  public:
    struct Parts {
        std::shared_ptr<http::Caller> caller;
        oauth::ApiKey key;
        const Clock& clock;
        Random& random;
    };

    explicit Client(Parts parts) : parts_(std::make_shared<const Parts>(std::move(parts))) {}

    // Paths are those below /MAAS/api/2.0/. Errors are those of errc.h, with MAAS's own words.
    net::Task<Result<codec::json::Object>> get(std::string path);

    // `take` gets each object of a list as it comes. At most kMaxListed.
    net::Task<Result<>> each(std::string path, oauth::Parameters query, ListReader::Take take);

    // The operation is a field of the form, "op".
    net::Task<Result<codec::json::Object>> post(std::string path, oauth::Parameters form);

  private:
    struct Answer {
        std::unique_ptr<http::Call> call;
        http::ResponseHead head;
    };

    net::Task<Result<Answer>> ask(std::string method, std::string target, std::string body);
    net::Task<Result<codec::json::Object>> whole(Answer answer);

    std::shared_ptr<const Parts> parts_;
};

}  // namespace pcg::controlplane::maas
