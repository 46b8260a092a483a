// SPDX-License-Identifier: Apache-2.0
// The way to an endpoint with a circuit in it: open while the endpoint's certificate is not the
// trusted one, so that no call dials, and none takes a connection from before the change.
//
// A call that meets such a certificate tells at once, without waiting for the next check. Loop
// thread only.
#pragma once

#include "common/http/client.h"

#include <functional>
#include <memory>
#include <optional>

namespace pcg::gateway {

class GuardedCaller final : public http::Caller {
  public:
    // `doubt` is called after a call met a certificate that is not trusted; it must not block.
    GuardedCaller(std::shared_ptr<http::Client> inner, std::function<void()> doubt)
        : inner_(std::move(inner)), doubt_(std::move(doubt)) {}

    net::Task<Result<std::unique_ptr<http::Call>>> start(http::RequestHead head) override;

    // Calls fail with `why`, and connections that wait for use are closed.
    void open(Error why);

    void close() { why_.reset(); }

    bool isOpen() const { return why_.has_value(); }

  private:
    std::shared_ptr<http::Client> inner_;
    std::function<void()> doubt_;
    std::optional<Error> why_;
};

}  // namespace pcg::gateway
