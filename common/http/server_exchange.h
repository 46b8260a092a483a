// SPDX-License-Identifier: Apache-2.0
// The Exchange that a Connection hands to its handler. Loop thread only.
#pragma once

#include "common/http/connection.h"
#include "common/http/parser.h"
#include "common/http/wire_format.h"

namespace pcg::http {

class ServerExchange final : public Exchange {
  public:
    static Result<std::unique_ptr<ServerExchange>> create(Connection& connection,
                                                          std::string_view rawHead,
                                                          AdmittedRequest request);

    const RequestHead& request() const override { return request_.head; }

    net::Task<Result<std::size_t>> readBody(MutableBytes buffer) override;
    net::Task<Result<>> respond(ResponseHead head) override;
    net::Task<Result<>> writeBody(BytesView bytes) override;
    net::Task<Result<>> finish() override;
    void abort(const Error& why) override;
    void onClientGone(std::function<void()> callback) override;

    bool responded() const override { return responded_; }

    std::string peer() const override { return connection_.transport().peer(); }

    std::optional<Bytes> clientCertificate() const override {
        return connection_.transport().peerCertificate();
    }

    std::string serverName() const override { return connection_.transport().serverName(); }

    // After the handler: answers 500 if it did not, makes a half answer visible, empties the
    // request's body. True if the connection can take another request.
    net::Task<bool> settle();

    void clientWentAway();

    // The client sends no more: in a stream that is the end of its half, if it said so.
    void inputEnded(bool cleanly);

  private:
    ServerExchange(Connection& connection,
                   AdmittedRequest request,
                   std::optional<RequestBodyParser> parser)
        : connection_(connection),
          request_(std::move(request)),
          parser_(std::move(parser)),
          answered_(connection.executor()) {}

    net::Task<Result<std::size_t>> readStream(MutableBytes buffer);
    net::Task<Result<>> finishStream();

    bool bodyAllowed() const;
    ConnectionUse connectionUse() const;
    Error brokenBody() const;

    Connection& connection_;
    AdmittedRequest request_;
    std::optional<RequestBodyParser> parser_;  // none once the body is complete
    std::function<void()> onClientGone_;
    ResponseHead response_;
    ByteCount written_ = 0;
    Signal answered_;         // of a request that may become a stream
    bool streaming_ = false;  // it has
    bool continueSent_ = false;
    bool responded_ = false;
    bool finished_ = false;
    bool aborted_ = false;
    bool bodyBroken_ = false;
    bool closeAfter_ = false;
};

}  // namespace pcg::http
