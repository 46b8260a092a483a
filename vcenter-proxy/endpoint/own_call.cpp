// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/endpoint/own_call.h"

#include "common/log/log.h"
#include "vcenter-proxy/endpoint/soap_text.h"
#include "vcenter-proxy/errc.h"

namespace pcg::proxy {
namespace {

constexpr log::Logger kLog("proxy");

net::Task<Result<OwnAnswer>> converse(http::Call& call, BytesView body) {
    auto written = Result<>();
    if (!body.empty()) written = co_await call.writeBody(body);
    if (written) written = co_await call.finishRequest();
    OwnAnswer answer;
    PCG_CO_TRY(answer.head, co_await call.readHead());
    answer.body.resize(kOwnAnswerLimit);
    std::size_t size = 0;
    while (true) {
        const MutableBytes rest = MutableBytes(answer.body).subspan(size);
        if (rest.empty()) {
            co_return fail(errc::kNotAVcenter, "the endpoint's answer is longer than 64 KiB");
        }
        PCG_CO_TRY(const std::size_t count, co_await call.readBody(rest));
        if (count == 0) break;
        size += count;
    }
    answer.body.resize(size);
    co_return answer;
}

// Cancels the call when its time is over; the call is forgotten when this goes.
class Deadline {
  public:
    Deadline(net::Executor executor, std::chrono::milliseconds after, http::Call& call)
        : timer_(executor, after), call_(std::make_shared<http::Call*>(&call)) {
        timer_.async_wait([call = call_](const auto& error) {
            if (!error && *call != nullptr) (*call)->cancel();
        });
    }

    ~Deadline() { *call_ = nullptr; }

    Deadline(const Deadline&) = delete;
    Deadline& operator=(const Deadline&) = delete;

  private:
    net::Timer timer_;
    std::shared_ptr<http::Call*> call_;
};

}  // namespace

net::Task<OwnResult> callEndpoint(std::shared_ptr<Endpoint> endpoint, OwnCall own) {
    const auto caller = endpoint->caller;
    http::RequestHead head;
    head.method = own.method;
    head.target = own.target;
    head.headers.add("Host", endpoint->config.authority);
    if (!own.body.empty()) head.headers.add("Content-Type", "text/xml; charset=utf-8");
    for (const auto& header : own.headers) head.headers.add(header.name, header.value);
    if (!own.body.empty()) head.body = http::BodyFraming::ofLength(own.body.size());

    auto started = co_await caller->start(std::move(head));
    if (!started) {
        co_return tl::unexpected(
            OwnFailure{std::move(started).error(), http::Outcome::NotDispatched});
    }
    http::Call& call = **started;
    const auto executor = co_await net::asio::this_coro::executor;
    const Deadline deadline(executor, own.deadline, call);
    auto answer = co_await converse(call, own.body);
    if (!answer) {
        co_return tl::unexpected(OwnFailure{std::move(answer).error(), call.outcome()});
    }
    co_return std::move(*answer);
}

net::Task<Result<Credential>> storedCredential(CredentialVault& vault,
                                               std::shared_ptr<Endpoint> endpoint) {
    PCG_CO_TRY(auto credential, co_await vault.credentialFor(endpoint->config.id));
    if (credential.authority != endpoint->config.authority) {
        co_return fail(errc::kEndpointChanged,
                       endpoint->config.name +
                           " is being changed to another address; nothing was sent, ask again");
    }
    co_return std::move(credential);
}

net::Task<Result<Secret>> storedLogin(CredentialVault& vault,
                                      std::shared_ptr<Endpoint> endpoint,
                                      ManagedObject sessionManager,
                                      std::string locale) {
    PCG_CO_TRY(const auto credential, co_await storedCredential(vault, std::move(endpoint)));
    co_return loginBody(sessionManager, credential, locale);
}

net::Task<void> logoutUpstream(std::shared_ptr<Endpoint> endpoint,
                               std::shared_ptr<Session> session) {
    const std::string body =
        session->isRest() ? std::string() : logoutBody(session->session_manager);
    OwnCall own;
    if (session->isRest()) {
        own.method = "DELETE";
        own.target = session->rest_path;
        own.headers.add(std::string(kRestSessionName), session->upstreamId());
    }
    const auto cookies = session->upstream.header();
    if (!cookies.empty()) own.headers.add("Cookie", cookies);
    if (!session->soap_action.empty()) own.headers.add("SOAPAction", session->soap_action);
    own.body = asBytes(body);
    own.deadline = endpoint->config.limits.logout_deadline;
    const auto answer = co_await callEndpoint(endpoint, std::move(own));
    if (!answer) {
        kLog.failure(log::Level::Warn,
                     "proxy.logout_failed",
                     answer.error().error,
                     {{"endpoint", endpoint->config.name}});
        co_return;
    }
    if (endpoint->journal != nullptr && !session->journal_id.empty()) {
        co_await endpoint->journal->closed(session->journal_id);
    }
    kLog.info("proxy.logged_out",
              {{"endpoint", endpoint->config.name},
               {"access_key", session->principal.key.text()},
               {"status", answer->head.status}});
}

}  // namespace pcg::proxy
