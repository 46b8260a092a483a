// SPDX-License-Identifier: Apache-2.0
#include "common/http/server.h"

#include "common/http/connection.h"
#include "common/http/errc.h"
#include "common/http/socket_transport.h"
#include "common/http/tls_transport.h"
#include "common/log/log.h"
#include "common/log/seldom.h"

#include <filesystem>
#include <unordered_map>
#include <unordered_set>

#include <sys/stat.h>

namespace pcg::http {

namespace {

namespace asio = net::asio;
using IoError = boost::system::error_code;
using Greeting = Connection::Greeting;
using Greeted = net::Task<Result<std::unique_ptr<Transport>>>;

constexpr log::Logger kLog{"http"};
constexpr std::chrono::milliseconds kAcceptPause{100};  // after EMFILE and its like

Greeted greetTcp(std::shared_ptr<net::TcpSocket> socket) {
    co_return makeTcpTransport(std::move(*socket));
}

Greeted greetUnix(std::shared_ptr<net::UnixSocket> socket) {
    co_return makeUnixTransport(std::move(*socket));
}

// The address, or of IPv6 the network that one site has for itself; empty when it is gone already.
std::string sourceOf(const net::TcpSocket& socket) {
    IoError error;
    const auto address = socket.remote_endpoint(error).address();
    if (error) return {};
    if (!address.is_v6() || address.to_v6().is_v4_mapped()) return address.to_string();
    const auto octets = address.to_v6().to_bytes();
    return std::string(octets.begin(), octets.begin() + 8);
}

Error cannotListen(const std::string& where, const IoError& error) {
    if (error == asio::error::address_in_use)
        return {kPortInUse,
                where + " is in use by another process; stop it or choose another port"};
    return {kListenFailed, "cannot listen on " + where + ": " + error.message()};
}

}  // namespace

class Server::Core : public std::enable_shared_from_this<Core> {
  public:
    Core(net::Loop& loop, Handler handler, ServerOptions options)
        : executor_(loop.get_executor()),
          service_(
              std::make_shared<const Service>(Service{std::move(options), std::move(handler)})),
          tls_(service_->options.tls),
          room_(executor_),
          gone_(executor_),
          tcp_(executor_),
          unix_(executor_) {}

    Result<> openTcp(const std::string& address, std::uint16_t port);
    Result<> openUnix(const std::string& path);

    std::uint16_t port() const { return port_; }

    std::size_t connectionCount() const { return connections_.size(); }

    void useTls(std::shared_ptr<const net::TlsServerContext> tls) { tls_ = std::move(tls); }

    net::Task<void> stop(std::chrono::milliseconds drain);
    void stopNow();

  private:
    template <class Acceptor>
    net::Task<void> acceptLoop(Acceptor& acceptor);
    void admitSocket(net::TcpSocket socket);
    void admitSocket(net::UnixSocket socket);
    bool isFullFor(const std::string& source);
    net::Task<void> serve(Greeting greeting, std::function<void()> giveUp, std::string source);
    void closeAcceptors();
    std::shared_ptr<Watchdog> makeDrainDeadline();

    net::Executor executor_;
    std::shared_ptr<const Service> service_;
    std::shared_ptr<const net::TlsServerContext> tls_;
    std::unordered_set<Connection*> connections_;
    std::unordered_map<std::string, std::size_t> sources_;  // only when they have a bound
    log::Seldom complaints_;
    Signal room_;
    Signal gone_;
    net::TcpAcceptor tcp_;
    net::UnixAcceptor unix_;
    std::string unixPath_;
    std::uint16_t port_ = 0;
    bool stopping_ = false;
};

Result<> Server::Core::openTcp(const std::string& address, std::uint16_t port) {
    const auto where = address + ":" + std::to_string(port);
    IoError error;
    const auto literal = asio::ip::make_address(address, error);
    if (error)
        return fail(kListenFailed, "cannot listen on '" + address + "': it is not an IP address");
    const asio::ip::tcp::endpoint endpoint(literal, port);
    tcp_.open(endpoint.protocol(), error);
    if (!error) tcp_.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) tcp_.bind(endpoint, error);
    if (!error) tcp_.listen(asio::socket_base::max_listen_connections, error);
    if (error) return fail(cannotListen(where, error));
    port_ = tcp_.local_endpoint(error).port();
    asio::co_spawn(executor_, acceptLoop(tcp_), asio::detached);
    return {};
}

Result<> Server::Core::openUnix(const std::string& path) {
    if (path.size() > 100)
        return fail(kListenFailed,
                    "the socket path " + path + " is too long; choose a shorter state directory");
    IoError error;
    const asio::local::stream_protocol::endpoint endpoint(path);
    net::UnixSocket probe(executor_);
    probe.connect(endpoint, error);
    if (!error) return fail(kPortInUse, path + " is served by another process; stop it first");
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
    error.clear();
    unix_.open(endpoint.protocol(), error);
    // bind() makes the file with the mode that the mask leaves: nobody else may connect for even a
    // moment.
    const auto mask = ::umask(0177);
    if (!error) unix_.bind(endpoint, error);
    ::umask(mask);
    if (!error) unix_.listen(asio::socket_base::max_listen_connections, error);
    if (error) return fail(cannotListen(path, error));
    unixPath_ = path;
    asio::co_spawn(executor_, acceptLoop(unix_), asio::detached);
    return {};
}

template <class Acceptor>
net::Task<void> Server::Core::acceptLoop(Acceptor& acceptor) {
    const auto self = shared_from_this();
    while (!stopping_) {
        while (!stopping_ && connections_.size() >= service_->options.limits.maxConnections)
            co_await room_.wait();
        if (stopping_) co_return;
        auto [error, socket] = co_await acceptor.async_accept(net::kAwaitTuple);
        if (stopping_ || error == asio::error::operation_aborted) co_return;
        if (error) {
            kLog.warn("http.accept_failed",
                      {{"server", service_->options.name}, {"why", error.message()}});
            net::Timer pause(executor_, kAcceptPause);
            co_await pause.async_wait(net::kAwaitTuple);
            continue;
        }
        admitSocket(std::move(socket));
    }
}

bool Server::Core::isFullFor(const std::string& source) {
    const auto found = sources_.find(source);
    if (found == sources_.end() || found->second < service_->options.limits.maxConnectionsPerSource)
        return false;
    if (const auto omitted = complaints_.pass(std::chrono::steady_clock::now()))
        kLog.warn("http.source_full", {{"server", service_->options.name}, {"omitted", *omitted}});
    return true;
}

void Server::Core::admitSocket(net::TcpSocket socket) {
    std::string source;
    if (service_->options.limits.maxConnectionsPerSource > 0) source = sourceOf(socket);
    if (isFullFor(source)) return;  // which closes it
    if (!source.empty()) ++sources_[source];
    if (tls_) {
        auto tls = greetTls(*tls_, std::move(socket));
        asio::co_spawn(executor_,
                       serve(std::move(tls.greeting), std::move(tls.giveUp), std::move(source)),
                       asio::detached);
        return;
    }
    auto shared = std::make_shared<net::TcpSocket>(std::move(socket));
    Greeting greeting = [shared] { return greetTcp(shared); };
    asio::co_spawn(
        executor_, serve(std::move(greeting), nullptr, std::move(source)), asio::detached);
}

void Server::Core::admitSocket(net::UnixSocket socket) {
    auto shared = std::make_shared<net::UnixSocket>(std::move(socket));
    Greeting greeting = [shared] { return greetUnix(shared); };
    asio::co_spawn(executor_, serve(std::move(greeting), nullptr, {}), asio::detached);
}

net::Task<void> Server::Core::serve(Greeting greeting,
                                    std::function<void()> giveUp,
                                    std::string source) {
    const auto self = shared_from_this();
    const auto connection = std::make_shared<Connection>(executor_, service_);
    connections_.insert(connection.get());
    co_await connection->run(std::move(greeting), std::move(giveUp));
    connections_.erase(connection.get());
    if (!source.empty() && --sources_[source] == 0) sources_.erase(source);
    room_.notify();
    gone_.notify();
}

void Server::Core::closeAcceptors() {
    stopping_ = true;
    IoError ignored;
    tcp_.close(ignored);
    unix_.close(ignored);
    room_.notify();
    std::error_code alsoIgnored;
    if (!unixPath_.empty()) std::filesystem::remove(std::exchange(unixPath_, {}), alsoIgnored);
}

std::shared_ptr<Watchdog> Server::Core::makeDrainDeadline() {
    return std::make_shared<Watchdog>(executor_, [weak = weak_from_this()] {
        if (const auto core = weak.lock()) core->stopNow();
    });
}

net::Task<void> Server::Core::stop(std::chrono::milliseconds drain) {
    const auto self = shared_from_this();
    closeAcceptors();
    const auto running = connections_;
    for (auto* connection : running) connection->finishSoon();
    const auto deadline = makeDrainDeadline();
    deadline->arm(drain);
    while (!connections_.empty()) co_await gone_.wait();
    deadline->disarm();
}

void Server::Core::stopNow() {
    closeAcceptors();
    const auto running = connections_;
    for (auto* connection : running) connection->reset();
}

Result<std::unique_ptr<Server>> Server::listenTcp(net::Loop& loop,
                                                  const std::string& address,
                                                  std::uint16_t port,
                                                  Handler handler,
                                                  ServerOptions options) {
    auto core = std::make_shared<Core>(loop, std::move(handler), std::move(options));
    PCG_TRY(core->openTcp(address, port));
    return std::unique_ptr<Server>(new Server(std::move(core)));
}

Result<std::unique_ptr<Server>> Server::listenUnix(net::Loop& loop,
                                                   const std::string& path,
                                                   Handler handler,
                                                   ServerOptions options) {
    options.admission.allowedHosts.clear();
    auto core = std::make_shared<Core>(loop, std::move(handler), std::move(options));
    PCG_TRY(core->openUnix(path));
    return std::unique_ptr<Server>(new Server(std::move(core)));
}

Server::~Server() { core_->stopNow(); }

std::uint16_t Server::port() const { return core_->port(); }

std::size_t Server::connectionCount() const { return core_->connectionCount(); }

void Server::useTls(std::shared_ptr<const net::TlsServerContext> tls) {
    core_->useTls(std::move(tls));
}

net::Task<void> Server::stop(std::chrono::milliseconds drain) {
    const auto core = core_;
    co_await core->stop(drain);
}

}  // namespace pcg::http
