// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/system/control_socket.h"

#include "common/codec/json.h"
#include "common/http/client.h"

namespace pcg::controlplane {
namespace {

namespace json = codec::json;

constexpr std::chrono::seconds kAnswerWithin{2};
constexpr ByteCount kMaxAnswer = 1_MiB;
constexpr std::size_t kMaxText = 4096;
constexpr ErrorCode kSays{ErrorClass::Weather, "system_gateways.says"};

Result<std::string> textIn(const json::Object& object, std::string_view name) {
    return PCG_TRY(object.optionalString(name, kMaxText)).value_or(std::string());
}

}  // namespace

Result<GatewayReport> parseGatewayReport(std::string_view body) {
    const auto status = PCG_TRY(json::parseObject(body, kMaxAnswer));
    const auto* pairing = PCG_TRY(status.object("pairing"));
    GatewayReport report;
    report.gatewayId = PCG_TRY(textIn(status, "gateway_id"));
    report.pairing = PCG_TRY(textIn(*pairing, "state"));
    report.message = PCG_TRY(textIn(*pairing, "message"));
    auto code = PCG_TRY(textIn(*pairing, "code"));
    report.code = Secret::fromText(code);
    wipe(code);
    return report;
}

net::Task<Result<GatewayReport>> askGateway(net::Loop& loop, std::filesystem::path socket) {
    http::ClientOptions options;
    options.authority = "localhost";
    options.limits = {.head = kAnswerWithin, .idle = kAnswerWithin};
    http::Client client(loop, http::unixOpener(socket.string()), options);
    http::RequestHead head;
    head.method = "GET";
    head.target = "/v1/status";
    const BytesView nothing;
    PCG_CO_TRY(auto answer, co_await http::callWhole(client, std::move(head), nothing, kMaxAnswer));
    if (answer.head.status != 200) {
        co_return fail(kSays,
                       "The gateway answered " + std::to_string(answer.head.status) +
                           " on its control socket.");
    }
    auto report = parseGatewayReport(asText(answer.body));
    wipe(MutableBytes(answer.body));
    co_return report;
}

}  // namespace pcg::controlplane
