// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/ingress/ingress.h"

#include "common/base/text.h"
#include "common/http/problem.h"
#include "common/log/log.h"
#include "controlplane-sim/ingress/forward.h"

#include <utility>

namespace pcg::controlplane {
namespace {

constexpr log::Logger kLog{"ingress"};

// "[::1]:8443" and "vc1.example:8443" without their port.
std::string hostOf(const http::RequestHead& request) {
    const auto* value = request.headers.find("Host");
    if (value == nullptr) return {};
    auto host = toLowerAscii(*value);
    const auto colon = host.rfind(':');
    if (colon != std::string::npos && host.find(']', colon) == std::string::npos)
        host.resize(colon);
    return host;
}

net::Task<void> misdirected(http::Exchange& exchange) {
    http::Problem problem{
        .status = 421,
        .code = "ingress.unknown_host",
        .detail = "No endpoint has this host name. Copy the address from the list of endpoints.",
        .retryAfter = {}};
    (void)co_await http::respondProblem(exchange, std::move(problem));
}

net::Task<void> retire(std::unique_ptr<http::Server> server, std::chrono::milliseconds drain) {
    co_await server->stop(drain);
}

}  // namespace

class Ingress::Core : public std::enable_shared_from_this<Core> {
  public:
    Core(net::Loop& loop, IngressOptions options) : loop_(loop), options_(std::move(options)) {}

    Result<> listenShared() {
        shared_ = PCG_TRY(listen(options_.sharedPort,
                                 "ingress-shared",
                                 [weak = weak_from_this()](http::Exchange& exchange) {
                                     return serveByHost(weak.lock(), exchange);
                                 }));
        return {};
    }

    Result<std::uint16_t> add(IngressRoute route, std::uint16_t port) {
        const auto key = route.endpoint.text();
        auto found = endpoints_.find(key);
        if (found == endpoints_.end()) {
            auto caller = std::make_shared<std::shared_ptr<http::Caller>>(route.caller);
            auto refused = std::make_shared<Refused>();
            auto server = PCG_TRY(listen(
                port,
                key,
                [&loop = loop_, caller](http::Exchange& exchange) {
                    return forward(loop, exchange, *caller);
                },
                [refused](const Error& why) {
                    if (*refused) (*refused)(why);
                }));
            Endpoint made{std::move(server), {}, std::move(caller), std::move(refused)};
            found = endpoints_.emplace(key, std::move(made)).first;
        }
        auto& endpoint = found->second;
        byHost_.erase(endpoint.hostname);
        endpoint.hostname = toLowerAscii(route.hostname);
        *endpoint.caller = std::move(route.caller);
        *endpoint.refused = std::move(route.refused);
        if (!endpoint.hostname.empty()) byHost_[endpoint.hostname] = endpoint.caller;
        kLog.info("ingress.endpoint_open",
                  {{"endpoint_id", key}, {"port", endpoint.server->port()}});
        return endpoint.server->port();
    }

    void remove(const wire::EndpointId& id) {
        const auto found = endpoints_.find(id.text());
        if (found == endpoints_.end()) return;
        byHost_.erase(found->second.hostname);
        net::asio::co_spawn(loop_,
                            retire(std::move(found->second.server), std::chrono::milliseconds(0)),
                            net::asio::detached);
        endpoints_.erase(found);
        kLog.info("ingress.endpoint_closed", {{"endpoint_id", id.text()}});
    }

    std::uint16_t sharedPort() const { return shared_->port(); }

    void useTls(std::shared_ptr<const net::TlsServerContext> tls) {
        options_.tls = tls;
        shared_->useTls(tls);
        for (auto& [key, endpoint] : endpoints_) endpoint.server->useTls(tls);
    }

    // One after the other, but all stop listening at once: the drain is a bound for all together.
    net::Task<void> stop(std::chrono::milliseconds drain) {
        const auto deadline = std::chrono::steady_clock::now() + drain;
        std::vector<std::unique_ptr<http::Server>> servers;
        servers.push_back(std::move(shared_));
        for (auto& [key, endpoint] : endpoints_) servers.push_back(std::move(endpoint.server));
        endpoints_.clear();
        byHost_.clear();
        for (auto& server : servers) {
            const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
                deadline - std::chrono::steady_clock::now());
            co_await server->stop(std::max(left, std::chrono::milliseconds(0)));
        }
    }

  private:
    using Refused = std::function<void(const Error&)>;

    struct Endpoint {
        std::unique_ptr<http::Server> server;
        std::string hostname;
        std::shared_ptr<std::shared_ptr<http::Caller>>
            caller;                        // shared with the listener's handler
        std::shared_ptr<Refused> refused;  // likewise
    };

    Result<std::unique_ptr<http::Server>> listen(std::uint16_t port,
                                                 std::string name,
                                                 http::Handler handler,
                                                 Refused refused = {}) {
        http::ServerOptions options;
        options.limits = options_.limits;
        options.tls = options_.tls;
        options.name = std::move(name);
        // And WebSockets. The gateway says whether.
        options.admission.forms = http::TargetForms::AlsoAuthority;
        options.onRefused = std::move(refused);
        return http::Server::listenTcp(
            loop_, options_.address, port, std::move(handler), std::move(options));
    }

    // The name in the TLS hello, if any, must be the one in the request (RFC 9110 7.4).
    static net::Task<void> serveByHost(std::shared_ptr<Core> self, http::Exchange& exchange) {
        const auto name = toLowerAscii(exchange.serverName());
        // Of a CONNECT, Host is where the tunnel is to lead.
        const auto& request = exchange.request();
        const auto host = request.method == "CONNECT" ? name : hostOf(request);
        if (!self || (!name.empty() && name != host)) {
            co_await misdirected(exchange);
            co_return;
        }
        const auto found = self->byHost_.find(host);
        if (found == self->byHost_.end()) {
            co_await misdirected(exchange);
            co_return;
        }
        auto caller = *found->second;
        co_await forward(self->loop_, exchange, std::move(caller));
    }

    net::Loop& loop_;
    IngressOptions options_;
    std::unique_ptr<http::Server> shared_;
    std::map<std::string, Endpoint> endpoints_;
    std::map<std::string, std::shared_ptr<std::shared_ptr<http::Caller>>> byHost_;
};

Ingress::Ingress(std::shared_ptr<Core> core) : core_(std::move(core)) {}

Ingress::~Ingress() = default;

Result<std::unique_ptr<Ingress>> Ingress::create(net::Loop& loop, IngressOptions options) {
    auto core = std::make_shared<Core>(loop, std::move(options));
    PCG_TRY(core->listenShared());
    return std::unique_ptr<Ingress>(new Ingress(std::move(core)));
}

Result<std::uint16_t> Ingress::add(IngressRoute route, std::uint16_t port) {
    return core_->add(std::move(route), port);
}

void Ingress::remove(const wire::EndpointId& endpoint) { core_->remove(endpoint); }

std::uint16_t Ingress::sharedPort() const { return core_->sharedPort(); }

void Ingress::useTls(std::shared_ptr<const net::TlsServerContext> tls) {
    core_->useTls(std::move(tls));
}

net::Task<void> Ingress::stop(std::chrono::milliseconds drain) { return core_->stop(drain); }

}  // namespace pcg::controlplane
