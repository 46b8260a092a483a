// SPDX-License-Identifier: Apache-2.0
// The vCenter proxy as a program of its own, for tests: an HTTPS server in front, a vCenter behind,
// and access keys, credentials and audit in memory. Two endpoints on the same vCenter, each on its
// port.
//
//   vcenter-proxy-host DIR VCENTER_URL CA_FILE USERNAME PASSWORD_FILE
//
// Writes DIR/ready.json when it serves, DIR/audit.log as it goes; ends on SIGTERM.
#include "common/crypto/random.h"
#include "common/http/problem.h"
#include "common/http/server.h"
#include "common/net/dialer.h"
#include "common/net/signals.h"
#include "test/support/https/server_tls.h"
#include "vcenter-proxy/endpoint_service.h"
#include "vcenter-proxy/errc.h"
#include "vcenter-proxy/pinned_hosts.h"

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

#include <unistd.h>

namespace pcg::proxy {
namespace {

std::string readFile(const std::string& path) {
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

// One key for each role, the same on both endpoints; the secret of each is its id backwards.
class TestKeys final : public AccessKeys {
  public:
    explicit TestKeys(Random& random) {
        for (auto& id : ids_) id = wire::newId<wire::AccessKeyId>(random).text();
    }

    net::Task<Result<Principal>> verify(wire::EndpointId endpoint,
                                        wire::AccessKeyId key,
                                        Secret secret) override {
        for (std::size_t i = 0; i < ids_.size(); ++i) {
            if (key.text() != ids_[i] || secret.revealText() != secretOf(i)) continue;
            co_return Principal{std::move(key), std::move(endpoint), static_cast<Role>(i)};
        }
        co_return fail(errc::kInvalidLogin, "no such key");
    }

    std::string secretOf(std::size_t role) const {
        return {ids_[role].rbegin(), ids_[role].rend()};
    }

    std::string json() const {
        std::string text;
        for (std::size_t i = 0; i < ids_.size(); ++i) {
            text += (i == 0 ? "" : ",") + http::jsonQuote(roleName(static_cast<Role>(i))) +
                    ":{\"username\":" + http::jsonQuote(ids_[i]) +
                    ",\"password\":" + http::jsonQuote(secretOf(i)) + "}";
        }
        return "{" + text + "}";
    }

  private:
    std::array<std::string, 3> ids_;
};

class OneCredential final : public CredentialVault {
  public:
    OneCredential(std::string username, std::string password, std::string authority)
        : username_(std::move(username)),
          password_(std::move(password)),
          authority_(std::move(authority)) {}

    net::Task<Result<Credential>> credentialFor(wire::EndpointId) override {
        co_return Credential{Secret::fromText(username_), Secret::fromText(password_), authority_};
    }

  private:
    std::string username_;
    std::string password_;
    std::string authority_;
};

class FileAudit final : public AuditSink {
  public:
    explicit FileAudit(const std::string& path) : file_(path) {}

    void record(AuditRecord one) noexcept override {
        const auto field = [&](const char* name, const std::string& value) {
            file_ << "\"" << name << "\":" << http::jsonQuote(value) << ",";
        };
        file_ << "{";
        field("access_key", one.access_key);
        field("method", one.method);
        field("object", one.object);
        field("arguments", one.arguments);
        field("task", one.task);
        field("decision", one.decision);
        field("outcome", one.outcome);
        file_ << "\"status\":" << one.status << ",\"bytes_in\":" << one.bytes_in
              << ",\"bytes_out\":" << one.bytes_out << "}" << std::endl;
    }

  private:
    std::ofstream file_;
};

// One line a session: "+ id endpoint authority manager rest-path secret" and "- id". In clear: this
// is a test's.
class FileJournal final : public SessionJournal {
  public:
    FileJournal(std::string path, Random& random) : path_(std::move(path)), random_(random) {
        std::ifstream stream(path_);
        std::string line;
        while (std::getline(stream, line)) read(line);
        std::ofstream(path_, std::ios::trunc);
    }

    net::Task<Result<std::string>> opened(JournalEntry entry) override {
        auto id = toHex(random_.array<8>());
        write(id, entry);
        co_return id;
    }

    net::Task<void> closed(std::string id) override {
        std::ofstream(path_, std::ios::app) << "- " << id << std::endl;
        co_return;
    }

    net::Task<Result<std::vector<JournalEntry>>> leftOver() override {
        std::vector<JournalEntry> entries;
        for (auto& [id, entry] : left_) {
            entry.endpoint = first;
            entries.push_back(std::move(entry));
        }
        co_return entries;
    }

    // Endpoints have other ids in each run: all that was left is the first one's.
    wire::EndpointId first = wire::EndpointId::unchecked("");

  private:
    void write(const std::string& id, const JournalEntry& entry) {
        std::ofstream(path_, std::ios::app)
            << "+ " << id << " " << entry.authority << " "
            << (entry.session_manager.empty() ? "-" : entry.session_manager) << " "
            << (entry.rest_path.empty() ? "-" : entry.rest_path) << " " << entry.secret.revealText()
            << std::endl;
    }

    void read(const std::string& line) {
        std::istringstream words(line);
        std::string sign;
        std::string id;
        words >> sign >> id;
        if (sign == "-") {
            left_.erase(id);
            return;
        }
        JournalEntry entry;
        entry.id = id;
        std::string secret;
        words >> entry.authority >> entry.session_manager >> entry.rest_path >> std::ws;
        std::getline(words, secret);
        if (entry.rest_path == "-") entry.rest_path.clear();
        entry.secret = Secret::takeText(secret);
        left_.insert_or_assign(id, std::move(entry));
    }

    std::string path_;
    Random& random_;
    std::map<std::string, JournalEntry> left_;
};

struct Ports {
    std::unique_ptr<http::Server> server;
    wire::EndpointId endpoint;
};

// Calls to the vCenter wait for their answer without limit: long polls.
Result<std::shared_ptr<http::Caller>> vcenterCaller(net::Loop& loop,
                                                    const net::Target& target,
                                                    const std::string& ca_file) {
    auto context = PCG_TRY(net::TlsClientContext::create(net::TrustCa{readFile(ca_file)}));
    auto dialer = std::make_shared<net::Dialer>(std::move(context));
    http::ClientOptions options;
    options.authority = target.text();
    options.limits = {std::nullopt, std::nullopt};
    return std::make_shared<http::Client>(
        loop, http::tlsOpener(dialer, target.host, target.port), options);
}

net::Task<void> stopAll(EndpointService& service, std::vector<Ports>& ports, net::Loop& loop) {
    co_await service.stop(std::chrono::seconds(5));
    for (auto& port : ports) co_await port.server->stop(std::chrono::milliseconds(100));
    loop.stop();
}

net::Task<void> serveOne(EndpointService& service,
                         const wire::EndpointId& endpoint,
                         http::Exchange& exchange) {
    co_await service.serve(exchange, endpoint, "0123456789abcdef");
}

Result<> run(const std::vector<std::string>& arguments) {
    const std::string& dir = arguments[0];
    net::Loop loop;
    SystemClock clock;
    crypto::SystemRandom random;
    TestKeys keys(random);
    auto password = readFile(arguments[4]);
    password.erase(password.find_last_not_of("\r\n") + 1);
    const auto target = PCG_TRY(net::targetOfUrl(arguments[1], 443));
    OneCredential vault(arguments[3], password, target.text());
    FixedPolicy policy;
    FileAudit audit(dir + "/audit.log");
    FileJournal journal(dir + "/sessions.journal", random);
    PinnedHosts hosts(loop, std::make_shared<net::DirectRoute>(), PinnedHosts::Reach::Anywhere);
    EndpointService service(
        {loop, clock, random, keys, vault, policy, audit, nullptr, &journal, &hosts});
    const auto caller = PCG_TRY(vcenterCaller(loop, target, arguments[2]));
    http::ServerOptions options;
    options.admission.forms = http::TargetForms::AlsoAuthority;  // as the ingress has it
    options.tls = PCG_TRY(test::loopbackServerTls("vcenter-proxy test", dir + "/proxy-ca.pem"));

    std::vector<Ports> ports;
    std::string urls;
    for (const auto* name : {"vc1", "vc2"}) {
        const auto id = wire::newId<wire::EndpointId>(random);
        if (ports.empty()) journal.first = id;
        EndpointConfig config{id, name, target.text()};
        net::asio::co_spawn(loop, service.put(config, caller), net::asio::detached);
        auto server = PCG_TRY(http::Server::listenTcp(
            loop,
            "127.0.0.1",
            0,
            [&service, id](http::Exchange& exchange) { return serveOne(service, id, exchange); },
            options));
        urls += (urls.empty() ? "\"https://127.0.0.1:" : ",\"https://127.0.0.1:") +
                std::to_string(server->port()) + "\"";
        ports.push_back({std::move(server), id});
    }
    service.start();
    net::asio::co_spawn(loop, service.endSessionsOfEarlierRuns(), net::asio::detached);
    net::StopSignals signals(loop, [&](int) {
        net::asio::co_spawn(loop, stopAll(service, ports, loop), net::asio::detached);
    });
    std::ofstream(dir + "/ready.new") << "{\"urls\":[" << urls << "],\"keys\":" << keys.json()
                                      << ",\"pid\":" << ::getpid() << "}\n";
    std::filesystem::rename(dir + "/ready.new", dir + "/ready.json");
    loop.run();
    return {};
}

}  // namespace
}  // namespace pcg::proxy

int main(int argc, char** argv) {
    if (argc != 6) {
        std::fputs("usage: vcenter-proxy-host DIR VCENTER_URL CA_FILE USERNAME PASSWORD_FILE\n",
                   stderr);
        return 2;
    }
    const auto done = pcg::proxy::run({argv + 1, argv + argc});
    if (!done) std::fprintf(stderr, "%s\n", done.error().message().c_str());
    return done ? 0 : 1;
}
