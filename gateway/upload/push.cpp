// SPDX-License-Identifier: Apache-2.0
#include "gateway/upload/push.h"

#include "common/base/text.h"
#include "common/codec/json.h"
#include "common/xml/element.h"
#include "gateway/console/pairing_status.h"
#include "gateway/upload/errc.h"

#include <algorithm>

namespace pcg::gateway::upload {
namespace {

constexpr std::size_t kPiece = 256 * 1024;
constexpr std::size_t kMaxAnswer = 1024 * 1024;
constexpr std::size_t kMaxWords = 400;

// A problem document of the gateway's own, or a SOAP fault, or plain text.
std::string wordsOf(std::string_view body) {
    if (const auto problem = codec::json::parseObject(body, kMaxAnswer)) {
        const auto detail = problem->optionalString("detail", kMaxAnswer);
        if (detail && *detail) return **detail;
    }
    if (const auto document = xml::parse(asBytes(body), {.bytes = kMaxAnswer})) {
        const auto fault = document->textAt("Body/Fault/faultstring");
        if (!fault.empty()) return std::string(fault);
    }
    const auto text = trimAscii(body);
    return text.starts_with('<') || text.starts_with('{') ? std::string() : std::string(text);
}

http::Outcome outcomeOf(const http::ResponseHead& head) {
    const auto* said = head.headers.find("Pcg-Outcome");
    if (said == nullptr) return http::Outcome::Complete;
    if (*said == "unknown") return http::Outcome::Unknown;
    // Refused by the gateway, for good: asking again would be refused again.
    return head.status >= 500 || head.status == 429 ? http::Outcome::NotDispatched
                                                    : http::Outcome::Complete;
}

PushFailure broke(const Halt& halt, const Error& error, http::Outcome outcome) {
    if (halt.why()) return {*halt.why(), outcome};
    return {Error(errc::kTargetFailed, error.message()), outcome};
}

net::Task<Pushed<Answered>> readAnswer(Halt& halt, http::Call& call) {
    Answered answered;
    auto head = co_await call.readHead();
    if (!head) co_return tl::unexpected(broke(halt, head.error(), http::Outcome::Unknown));
    answered.head = std::move(*head);
    Bytes piece(16 * 1024);
    for (;;) {
        const auto count = co_await call.readBody(piece);
        if (!count && answered.head.status < 300)
            co_return tl::unexpected(broke(halt, count.error(), http::Outcome::Unknown));
        if (!count || *count == 0 || answered.body.size() + *count > kMaxAnswer) break;
        answered.body += asText(BytesView(piece).first(*count));
    }
    if (halt.why()) {
        co_return tl::unexpected(PushFailure{*halt.why(), http::Outcome::Complete});
    }
    if (answered.head.status >= 300)
        co_return tl::unexpected(refusalOf(answered.head, answered.body));
    co_return answered;
}

}  // namespace

PushFailure refusalOf(const http::ResponseHead& head, std::string_view body) {
    auto words = sanitizeForConsole(wordsOf(body), kMaxWords);
    if (words.empty()) words = "it answers " + std::to_string(head.status);
    const auto outcome = outcomeOf(head);
    const auto code =
        outcome == http::Outcome::Complete ? errc::kTargetRefused : errc::kTargetFailed;
    return {Error(code, "The endpoint refuses: " + words), outcome, head.status};
}

net::Task<Pushed<Answered>> askSmall(http::Caller& caller,
                                     Halt& halt,
                                     http::RequestHead head,
                                     std::string body) {
    head.headers.add("Host", "gateway");
    head.headers.add("User-Agent", "pcg-upload");
    head.body = body.empty() ? http::BodyFraming::none() : http::BodyFraming::ofLength(body.size());
    auto started = co_await caller.start(std::move(head));
    if (!started) {
        co_return tl::unexpected(broke(halt, started.error(), http::Outcome::NotDispatched));
    }
    auto& call = **started;
    const Watched watched(halt, call);
    const auto octets = asBytes(body);
    auto written = co_await call.writeBody(octets);
    wipe(body);
    if (written) written = co_await call.finishRequest();
    co_return co_await readAnswer(halt, call);
}

net::Task<Pushed<Answered>> sendOctets(const PushParts& parts,
                                       http::RequestHead head,
                                       crypto::Digest256 object,
                                       ByteCount from,
                                       ByteCount count,
                                       std::function<void(std::size_t)> taken) {
    const auto file = co_await parts.cache.openObject(object);
    if (!file) co_return tl::unexpected(PushFailure{file.error(), http::Outcome::NotDispatched});
    head.headers.add("Host", "gateway");
    head.headers.add("User-Agent", "pcg-upload");
    head.body = http::BodyFraming::ofLength(count);
    auto started = co_await parts.caller->start(std::move(head));
    if (!started) {
        co_return tl::unexpected(broke(parts.halt, started.error(), http::Outcome::NotDispatched));
    }
    auto& call = **started;
    const Watched watched(parts.halt, call);
    ByteCount sent = 0;
    while (sent < count) {
        const auto most = static_cast<std::size_t>(std::min<ByteCount>(kPiece, count - sent));
        const auto octets = co_await parts.cache.read(*file, from + sent, most);
        if (!octets || octets->empty()) {
            const Error gone(errc::kTargetFailed, "the object is not in the cache any more");
            co_return tl::unexpected(
                PushFailure{octets ? gone : octets.error(), http::Outcome::Unknown});
        }
        const auto written = co_await call.writeBody(*octets);
        if (!written) break;  // whoever answers before the end says more than the broken write
        sent += octets->size();
        taken(octets->size());
    }
    if (sent == count) co_await call.finishRequest();
    co_return co_await readAnswer(parts.halt, call);
}

}  // namespace pcg::gateway::upload
