// SPDX-License-Identifier: Apache-2.0
#include "gateway/ctl/ctl.h"

#include "common/base/secret.h"
#include "common/http/client.h"
#include "common/http/transport.h"
#include "gateway/ctl/commands.h"
#include "gateway/ctl/policy_commands.h"
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

int checkPolicy(const Command& command, std::ostream& out, std::ostream& err) {
    const auto checked = checkPolicyFile(command);
    if (!checked) {
        err << "pcgctl: " << checked.error().message() << "\n";
        return kUsageError;
    }
    out << checked->text << std::flush;
    return checked->ok ? kOk : kFailed;
}

// The address of an endpoint, as the gateway has it.
Result<std::string> addressOf(const Command& command) {
    const auto response = PCG_TRY(ask(command.socket, Request{"GET", "/v1/endpoints", ""}));
    const auto body = PCG_TRY(json::parseObject(asText(response.body), kMaxAnswer));
    const auto* list = PCG_TRY(body.array("endpoints", 4096));
    for (const auto& item : *list) {
        const auto* one = item.asObject();
        const auto name = one == nullptr ? Result<std::string>("") : one->string("name", 256);
        if (name && *name == command.operand) return one->string("url", 1024);
    }
    return fail(errc::kNoSuchEndpoint,
                "there is no endpoint \"" + command.operand + "\". See: pcgctl endpoint list.");
}

// Whoever gives credentials away sees to whom.
Result<> confirmAddress(Command& command, std::istream& in, std::ostream& err) {
    if (command.has("--address")) return {};
    const auto address = PCG_TRY(addressOf(command));
    if (!command.interactive) {
        return fail(errc::kUsage,
                    command.operand + " is at " + address +
                        ". If it may have these credentials, say so with --address " + address +
                        ".");
    }
    err << command.operand << " is at " << address << ". Send these credentials there? [y/N] "
        << std::flush;
    std::string line;
    std::getline(in, line);
    if (line != "y" && line != "Y" && line != "yes") {
        return fail(errc::kUsage, "not confirmed; nothing was changed.");
    }
    command.options["--address"] = address;
    return {};
}

int perform(Command command, std::istream& in, std::ostream& out, std::ostream& err) {
    if (command.verb->words == "policy check") return checkPolicy(command, out, err);
    if (command.verb->words == "endpoint credentials") {
        const auto confirmed = confirmAddress(command, in, err);
        if (!confirmed) {
            err << "pcgctl: " << confirmed.error().message() << "\n";
            return confirmed.error().is(errc::kUsage) ? kUsageError : kFailed;
        }
    }
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
    const auto denies = [&command, &body](std::string_view verb, std::string_view member) {
        return command.verb->words == verb && !body->booleanOr(member, false).value_or(false);
    };
    return denies("audit verify", "intact") || denies("controlplane check", "reached") ? kFailed
                                                                                       : kOk;
}

}  // namespace

int run(const std::vector<std::string>& arguments,
        std::istream& in,
        std::ostream& out,
        std::ostream& err,
        bool interactive,
        const OnMachine& onMachine) {
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
    if (command->verb->onMachine) {
        if (onMachine) return onMachine(*command, in, out, err);
        err << "pcgctl: " << command->verb->words << " is not possible here.\n";
        return kFailed;
    }
    return perform(std::move(*command), in, out, err);
}

}  // namespace pcg::gateway::ctl
