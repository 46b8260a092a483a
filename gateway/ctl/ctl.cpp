// SPDX-License-Identifier: Apache-2.0
#include "gateway/ctl/ctl.h"

#include "common/base/secret.h"
#include "common/http/client.h"
#include "common/http/transport.h"
#include "gateway/ctl/commands.h"
#include "gateway/errc.h"

#include <iostream>
#include <optional>

namespace pcg::gateway::ctl {
namespace {

namespace json = codec::json;

constexpr int kOk = 0;
constexpr int kFailed = 1;
constexpr int kUsageError = 2;
constexpr ByteCount kMaxAnswer = 8_MiB;
// `endpoint add` and `endpoint check` wait for the endpoint.
constexpr std::chrono::seconds kAnswerLimit{90};

net::Task<void> call(http::Caller& client,
                     Request request,
                     std::optional<Result<http::WholeResponse>>& answer) {
    http::RequestHead head;
    head.method = request.method;
    head.target = request.target;
    if (!request.body.empty()) {
        head.headers.add("Content-Type", "application/json");
        head.body = http::BodyFraming::ofLength(request.body.size());
    }
    auto response =
        co_await http::callWhole(client, std::move(head), asBytes(request.body), kMaxAnswer);
    wipe(request.body);
    answer.emplace(std::move(response));
}

Result<http::WholeResponse> ask(const std::string& socket, Request request) {
    net::Loop loop{1};
    http::ClientOptions options;
    options.authority = "localhost";
    options.limits = {.head = kAnswerLimit, .idle = kAnswerLimit};
    http::Client client(loop, http::unixOpener(socket), options);
    std::optional<Result<http::WholeResponse>> answer;
    net::asio::co_spawn(loop, call(client, std::move(request), answer), net::asio::detached);
    while (!answer && loop.run_one() > 0) {
    }
    if (!answer || !*answer) {
        return fail(errc::kNotRunning,
                    "The gateway does not answer on " + socket + ": " +
                        (answer ? answer->error().message() : "no answer") +
                        " Is pcg-gatewayd running, and is --socket STATE_DIR/control.sock?");
    }
    return std::move(*answer);
}

// The sentence of a problem document.
std::string problemText(const json::Object& problem) {
    const auto detail = problem.optionalString("detail", 8192);
    return detail && *detail ? **detail : "The gateway refused without a reason.";
}

int perform(const Command& command, std::istream& in, std::ostream& out, std::ostream& err) {
    err << questionFor(command) << std::flush;
    auto request = requestFor(command, in);
    if (!request) {
        err << "pcgctl: " << request.error().message() << "\n";
        return kUsageError;
    }
    const auto response = ask(command.socket, std::move(*request));
    if (!response) {
        err << "pcgctl: " << response.error().message() << "\n";
        return kFailed;
    }
    const auto body = json::parseObject(asText(response->body), kMaxAnswer);
    if (!body) {
        err << "pcgctl: the answer of the gateway is not readable: " << body.error().message()
            << "\n";
        return kFailed;
    }
    if (response->head.status >= 300) {
        err << "pcgctl: " << problemText(*body) << "\n";
        // 400: what was typed is wrong, whatever the gateway's state.
        return response->head.status == 400 ? kUsageError : kFailed;
    }
    out << (command.json ? json::write(*body) + "\n" : render(command, *body)) << std::flush;
    return kOk;
}

}  // namespace

int run(const std::vector<std::string>& arguments,
        std::istream& in,
        std::ostream& out,
        std::ostream& err,
        bool interactive) {
    auto command = parseArguments(arguments);
    if (!command) {
        err << "pcgctl: " << command.error().message() << "\n";
        return kUsageError;
    }
    if (command->verb == nullptr || command->has("--help")) {
        out << (command->verb == nullptr ? helpText() : helpFor(*command->verb));
        return kOk;
    }
    command->interactive = interactive;
    return perform(*command, in, out, err);
}

}  // namespace pcg::gateway::ctl
