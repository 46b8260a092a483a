// SPDX-License-Identifier: Apache-2.0
#include "gateway/egress/message.h"

#include "common/codec/json.h"
#include "common/net/errc.h"
#include "gateway/egress/errc.h"

#include <algorithm>
#include <array>

namespace pcg::egress {
namespace {

namespace json = codec::json;

constexpr std::size_t kMaxHost = 253;
constexpr std::size_t kMaxMessage = 1500;

// Everything that making a connection can fail with: a code from the wire becomes one of these or
// none.
constexpr std::array kCodes{net::kDnsFailed,
                            net::kRefused,
                            net::kTimeout,
                            net::kUnreachable,
                            net::kClosed,
                            kDenied,
                            kBadRequest,
                            kUnavailable};

bool isHost(std::string_view host) {
    return !host.empty() &&
           std::ranges::all_of(host, [](unsigned char c) { return c > 0x20 && c < 0x7f; });
}

}  // namespace

std::string write(const Question& question) {
    json::Object object;
    object.set("host", question.target.host)
        .set("port", question.target.port)
        .set("limit_ms", std::clamp<std::int64_t>(question.limit.count(), 1, kLongest.count()));
    return json::write(object) + "\n";
}

std::string writeConnected() { return "{\"connected\":true}\n"; }

std::string writeRefused(const Error& why) {
    json::Object object;
    object.set("code", why.code().name()).set("message", why.message().substr(0, kMaxMessage));
    return json::write(object) + "\n";
}

Result<Question> parseQuestion(std::string_view line) {
    const auto wrong = [](const Error& why) { return fail(kBadRequest, why.message()); };
    const auto read = json::parseObject(line, kMaxQuestion);
    if (!read) return wrong(read.error());
    if (const auto known = read->onlyMembers({"host", "port", "limit_ms"}); !known)
        return wrong(known.error());
    auto host = read->string("host", kMaxHost);
    if (!host) return wrong(host.error());
    if (!isHost(*host)) return fail(kBadRequest, "`host` is neither a name nor an address");
    const auto port = read->integer("port", 1, 65535);
    if (!port) return wrong(port.error());
    const auto limit = read->integer("limit_ms", 1, kLongest.count());
    if (!limit) return wrong(limit.error());
    return Question{{std::move(*host), static_cast<std::uint16_t>(*port)},
                    std::chrono::milliseconds(*limit)};
}

Result<> parseAnswer(std::string_view line) {
    const auto none = fail(kUnavailable, "What makes connections outside gave no answer.");
    const auto read = json::parseObject(line, kMaxAnswer);
    if (!read) return none;
    if (read->booleanOr("connected", false).value_or(false)) return {};
    const auto code = read->string("code", 64);
    auto message = read->string("message", 2 * kMaxMessage);
    if (!code || !message) return none;
    const auto known = std::ranges::find(kCodes, *code, &ErrorCode::name);
    if (known == kCodes.end()) return none;
    return fail(*known, std::move(*message));
}

}  // namespace pcg::egress
