// SPDX-License-Identifier: Apache-2.0
// A vCenter that knows three methods, on a real TLS port of this machine: what it was asked counts,
// and its certificate can be swapped while it runs.
#pragma once

#include "common/http/server.h"
#include "common/net/tls_context.h"
#include "test/support/link/certificates.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

namespace pcg::test {

template <class T>
T orThrow(Result<T> result) {
    if (!result) throw std::runtime_error(result.error().message());
    return std::move(*result);
}

// Runs the loop on this thread until the task is over.
inline void runToEnd(net::Loop& loop, net::Task<void> task) {
    bool done = false;
    std::exception_ptr thrown;
    net::asio::co_spawn(loop.get_executor(), std::move(task), [&](const std::exception_ptr& error) {
        thrown = error;
        done = true;
    });
    loop.restart();
    while (!done) loop.run_one_for(std::chrono::milliseconds(50));
    if (thrown) std::rethrow_exception(thrown);
}

template <class T>
net::Task<void> keep(net::Task<T> task, std::optional<T>& out) {
    out.emplace(co_await std::move(task));
}

template <class T>
T runToEnd(net::Loop& loop, net::Task<T> task) {
    std::optional<T> result;
    runToEnd(loop, keep(std::move(task), result));
    return std::move(*result);
}

class LocalVcenter {
  public:
    LocalVcenter(net::Loop& loop, const Pem& identity) {
        http::ServerOptions options;
        options.tls = contextOf(identity);
        server_ = orThrow(http::Server::listenTcp(
            loop,
            "127.0.0.1",
            0,
            [this](http::Exchange& exchange) { return answer(exchange); },
            std::move(options)));
    }

    std::string url() const { return "https://127.0.0.1:" + std::to_string(server_->port()); }

    void show(const Pem& identity) { server_->useTls(contextOf(identity)); }

    int requests = 0;
    int logins = 0;
    bool acceptsLogins = true;

  private:
    static std::shared_ptr<const net::TlsServerContext> contextOf(const Pem& identity) {
        const net::CertificateAndKey pair{identity.certificate, Secret::fromText(identity.key)};
        return std::make_shared<const net::TlsServerContext>(
            orThrow(net::TlsServerContext::create(pair)));
    }

    static std::string vector(const std::string& name) {
        std::ifstream in(std::filesystem::path(PCG_SOURCE_DIR) / "test/vectors/soap" / name);
        return {std::istreambuf_iterator<char>(in), {}};
    }

    net::Task<void> answer(http::Exchange& exchange) {
        ++requests;
        const auto body = co_await http::readWholeBody(exchange, 1_MiB);
        const std::string text(body ? asText(*body) : std::string_view());
        http::ResponseHead head;
        head.headers.add("Content-Type", "text/xml");
        head.headers.add("Connection", "close");
        std::string reply;
        if (text.find("RetrieveServiceContent") != std::string::npos) {
            reply = vector("responses/RetrieveServiceContent.xml");
        } else if (text.find("Login") != std::string::npos) {
            ++logins;
            head.status = acceptsLogins ? 200 : 500;
            head.headers.add("Set-Cookie", "vmware_soap_session=abc; Path=/");
            reply = vector("responses/Login.xml");
        }
        [[maybe_unused]] const auto sent =
            co_await http::respondWhole(exchange, std::move(head), asBytes(reply));
    }

    std::unique_ptr<http::Server> server_;
};

}  // namespace pcg::test
