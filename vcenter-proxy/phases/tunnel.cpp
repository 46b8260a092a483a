// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/phases/tunnel.h"

#include "common/log/log.h"
#include "common/net/errc.h"
#include "vcenter-proxy/endpoint/basic_credentials.h"
#include "vcenter-proxy/errc.h"
#include "vcenter-proxy/phases/judge_again.h"
#include "vcenter-proxy/session_broker.h"
#include "vcenter-proxy/stream_pump.h"

namespace pcg::proxy {
namespace {

constexpr log::Logger kLog("proxy");
constexpr std::size_t kShownTarget = 256;

using TransportPtr = std::unique_ptr<http::Transport>;

// Without the addresses: who asks may not know them.
std::string whyUnreachable(const Error& error) {
    if (error.is(net::kDnsFailed)) return "its name cannot be resolved";
    if (error.is(net::kRefused)) return "it refused the connection; nothing listens there";
    if (error.is(net::kTimeout)) return "it did not answer in time";
    return "there is no way to it";
}

class Tunnelling {
  public:
    explicit Tunnelling(RequestContext& context)
        : context_(context), endpoint_(*context.endpoint) {}

    net::Task<void> run();

  private:
    net::Task<Result<Principal>> authenticate();
    Result<TunnelTarget> admit(const Principal& principal);
    Result<std::unique_ptr<OpenTunnels::Place>> takePlace(const Principal& principal,
                                                          const TunnelTarget& target);
    net::Task<Result<std::vector<TunnelDialer::Address>>> addresses(TunnelTarget target);
    net::Task<Result<TransportPtr>> dial(TunnelTarget target);
    Error explain(const Error& error, const TunnelTarget& target) const;
    net::Task<void> refuse(Error error);
    net::Task<void> carry(TunnelTarget target, Principal principal, TransportPtr transport);

    RequestContext& context_;
    Endpoint& endpoint_;
};

net::Task<Result<Principal>> Tunnelling::authenticate() {
    const auto& headers = context_.client.request().headers;
    if (headers.find("Proxy-Authorization") == nullptr) {
        co_return fail(errc::kNotAuthenticated,
                       "a tunnel needs proxy credentials: the id and the secret of an access key");
    }
    PCG_CO_TRY(auto shown, basicCredentials(headers, "Proxy-Authorization"));
    co_return co_await verifyAccessKey(
        context_, std::move(shown.username), std::move(shown.password));
}

net::Task<void> Tunnelling::refuse(Error error) {
    const bool is_login = error.is(errc::kNotAuthenticated) || error.is(errc::kInvalidLogin);
    const bool is_throttled = error.is(errc::kLoginThrottled);
    if (const auto left_out = endpoint_.refusal_lines.next()) {
        kLog.warn("proxy.tunnel_refused",
                  {{"request_id", context_.audit.request_id},
                   {"endpoint", endpoint_.config.name},
                   {"access_key", context_.audit.access_key},
                   {"target", context_.audit.object},
                   {"code", error.code().name()},
                   {"reason", error.message()},
                   {"left_out", *left_out}});
    }
    http::HeaderList more;
    if (is_login)
        more.add("Proxy-Authenticate", "Basic realm=\"pcg access key\", charset=\"UTF-8\"");
    // One answer for every wrong key; the audit knows more.
    if (error.is(errc::kInvalidLogin)) {
        error = Error(error.code(), "the proxy credentials are not those of a good access key");
    }
    const int status = is_login ? 407 : is_throttled ? 429 : error.isInput() ? 403 : 503;
    co_await context_.client.answerAsProxy(
        status, std::move(error), http::Outcome::NotDispatched, std::move(more));
}

net::Task<Result<std::vector<TunnelDialer::Address>>> Tunnelling::addresses(TunnelTarget target) {
    auto& dialer = *context_.services.tunnels;
    std::vector<TunnelDialer::Address> resolved;
    if (target.address()) {
        resolved.push_back(*target.address());
    } else {
        const auto limit = endpoint_.config.limits.tunnel_connect;
        PCG_CO_TRY(resolved, co_await dialer.resolve(target.host(), target.port(), limit));
    }
    PCG_CO_TRY(const auto own, dialer.own());
    // The list as it is now: it may have changed meanwhile.
    co_return whereTo(endpoint_.config.tunnels, target, resolved, own);
}

net::Task<Result<TransportPtr>> Tunnelling::dial(TunnelTarget target) {
    const auto& clock = context_.services.clock;
    const auto end = clock.now() + endpoint_.config.limits.tunnel_connect;
    PCG_CO_TRY(const auto allowed, co_await addresses(target));
    Error last(net::kTimeout, "looking its name up took all the time there was");
    for (const auto& address : allowed) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - clock.now());
        if (left.count() <= 0 || context_.client.gone()) break;
        auto made = co_await context_.services.tunnels->connect(address, target.port(), left);
        if (made) co_return made;
        last = made.error();
    }
    co_return fail(std::move(last));
}

Error Tunnelling::explain(const Error& error, const TunnelTarget& target) const {
    if (error.isInput() || error.code().name().starts_with("proxy.")) return error;
    kLog.failure(log::Level::Warn,
                 "proxy.tunnel_failed",
                 error,
                 {{"request_id", context_.audit.request_id}, {"target", target.text()}});
    return {errc::kUpstreamUnreachable,
            "the gateway could not reach " + target.text() + ": " + whyUnreachable(error)};
}

net::Task<void> Tunnelling::carry(TunnelTarget target,
                                  Principal principal,
                                  TransportPtr transport) {
    context_.audit.detail = "connected to " + transport->peer();
    StreamCall call(std::move(transport));
    context_.client.watch(&call);
    http::ResponseHead head;
    head.reason = "Connection established";
    head.body = http::BodyFraming::chunked();
    const auto told = co_await context_.client.respond(std::move(head));
    if (!told) {
        context_.audit.outcome = "cancelled";
        context_.client.watch(nullptr);
        co_return;
    }
    kLog.info("proxy.tunnel_opened",
              {{"request_id", context_.audit.request_id},
               {"endpoint", endpoint_.config.name},
               {"access_key", principal.key.text()},
               {"target", target.text()},
               {"tunnels", endpoint_.tunnels.size()}});
    const auto bounds =
        StreamPump::limitsOf(endpoint_.config.limits, principal, context_.services.clock);
    const auto executor = co_await net::asio::this_coro::executor;
    const auto pump = std::make_shared<StreamPump>(executor, context_.client, call, bounds);
    const auto broken = co_await pump->run();
    context_.client.watch(nullptr);
    context_.audit.outcome = !broken                  ? std::string(nameOf(http::Outcome::Complete))
                             : context_.client.gone() ? std::string("cancelled")
                                                      : std::string(nameOf(call.outcome()));
}

Result<TunnelTarget> Tunnelling::admit(const Principal& principal) {
    auto target = PCG_TRY(TunnelTarget::parse(context_.client.request().target));
    context_.audit.object = target.text();
    const Circumstances circumstances{endpoint_.config.name,
                                      context_.services.clock.wallNow(),
                                      nullptr,
                                      &context_.client.timeLimit()};
    PCG_TRY(Policy(context_.services.policy).authorizeTunnel(target, principal, circumstances));
    if (context_.services.tunnels == nullptr) {
        return fail(errc::kTunnelDenied, "this gateway opens no tunnels");
    }
    PCG_TRY(mayAsk(endpoint_.config.tunnels, target));
    judgeAgainBy(context_, [target, principal](const JudgedNow& now) {
        return Policy(now.source).authorizeTunnel(target, principal, now.circumstances);
    });
    return target;
}

Result<std::unique_ptr<OpenTunnels::Place>> Tunnelling::takePlace(const Principal& principal,
                                                                  const TunnelTarget& target) {
    if (endpoint_.stopping) return fail(errc::kStopping, "the gateway is stopping; try later");
    OpenTunnels::Tunnel one{
        principal.key, target, [&client = context_.client](const Error& why) { client.cut(why); }};
    return endpoint_.tunnels.enter(std::move(one));
}

net::Task<void> Tunnelling::run() {
    context_.audit.surface = "tunnel";
    context_.audit.method = "CONNECT";
    context_.audit.object = context_.client.request().target.substr(0, kShownTarget);
    auto principal = co_await authenticate();
    if (!principal) {
        co_await refuse(principal.error());
        co_return;
    }
    // Nothing is waited for since the key was good: one that is revoked later finds the tunnel.
    context_.client.setKey(*principal);
    auto target = admit(*principal);
    if (!target) {
        co_await refuse(target.error());
        co_return;
    }
    const auto place = takePlace(*principal, *target);
    if (!place) {
        co_await refuse(place.error());
        co_return;
    }
    auto transport = co_await dial(*target);
    // Cut or left meanwhile: nobody is there to be answered.
    if (context_.client.gone()) {
        context_.audit.outcome = "cancelled";
        if (transport) (*transport)->reset();
        co_return;
    }
    if (!transport) {
        co_await refuse(explain(transport.error(), *target));
        co_return;
    }
    co_await carry(std::move(*target), std::move(*principal), std::move(*transport));
}

}  // namespace

net::Task<void> tunnel(RequestContext& context) {
    Tunnelling tunnelling(context);
    co_await tunnelling.run();
}

}  // namespace pcg::proxy
