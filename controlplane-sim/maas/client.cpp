// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/maas/client.h"

#include "common/base/text.h"
#include "controlplane-sim/deploy/text.h"
#include "controlplane-sim/maas/errc.h"

#include <algorithm>

namespace pcg::controlplane::maas {
namespace {

namespace json = codec::json;

constexpr std::string_view kBase = "/MAAS/api/2.0/";
constexpr std::size_t kMaxObject = 1024 * 1024;
constexpr std::size_t kMaxRefusal = 64 * 1024;
constexpr std::size_t kMaxWords = 400;

std::string written(const oauth::Parameters& parameters) {
    std::string text;
    for (const auto& [name, value] : parameters) {
        if (!text.empty()) text += '&';
        text += oauth::percentEncode(name) + '=' + oauth::percentEncode(value);
    }
    return text;
}

// {"tags": ["No such tag(s): 'x'."]}, or a problem document of the way there.
std::string sentenceOf(const json::Object& refusal) {
    if (const auto detail = refusal.string("detail", kMaxRefusal)) return *detail;
    std::string words;
    for (const auto& [name, value] : refusal.members()) {
        const auto* list = value.asArray();
        const auto* text = list != nullptr && !list->empty() ? list->front().asString() : nullptr;
        if (text == nullptr) continue;
        words += (words.empty() ? "" : " ") + (name == "__all__" ? "" : name + ": ") + *text;
    }
    return words;
}

// What was said, if it is fit to be shown.
std::string wordsOf(int status, std::string_view body) {
    const auto object = json::parseObject(body, kMaxRefusal);
    auto words = object ? sentenceOf(*object) : std::string(trimAscii(body));
    if (words.empty() || words.size() > kMaxWords || !deploy::isPlainText(words))
        return "the endpoint answered with HTTP status " + std::to_string(status);
    return words;
}

Error refusalOf(const http::ResponseHead& head, std::string_view body) {
    auto words = wordsOf(head.status, body);
    switch (head.status) {
        case 401:
            return {kUnauthorized, std::move(words)};
        case 403:
            return {kForbidden, std::move(words)};
        case 404:
            return {kNotFound, std::move(words)};
        case 409:
            return {kConflict, std::move(words)};
        case 429:
            return {kNotSent, std::move(words)};
        default:
            break;
    }
    if (head.status >= 400 && head.status < 500) return {kRejected, std::move(words)};
    const auto* outcome = head.headers.find("Pcg-Outcome");
    const bool sent = outcome == nullptr || *outcome != "not-dispatched";
    return {sent ? kUnknown : kNotSent, std::move(words)};
}

// The body, as long as it fits.
net::Task<Result<std::string>> readAll(http::Call& call, std::size_t limit) {
    std::string text;
    Bytes piece(16 * 1024);
    while (true) {
        const auto count = co_await call.readBody(piece);
        if (!count) co_return fail(Error{kUnknown, count.error().message()});
        if (*count == 0) co_return text;
        if (text.size() + *count > limit)
            co_return fail(kBadAnswer, "the endpoint's answer is too large");
        text += asText(BytesView(piece).first(*count));
    }
}

}  // namespace

net::Task<Result<Client::Answer>> Client::ask(std::string method,
                                              std::string target,
                                              std::string body) {
    http::RequestHead head;
    head.method = std::move(method);
    head.target = std::string(kBase) + target;
    head.headers.add(
        "Authorization",
        oauth::plaintextAuthorization(parts_->key, parts_->clock.wallNow(), parts_->random));
    head.headers.add("Accept", "application/json");
    head.headers.add("User-Agent", "pcg-orchestrator");
    if (!body.empty()) head.headers.add("Content-Type", "application/x-www-form-urlencoded");
    head.body = body.empty() ? http::BodyFraming::none() : http::BodyFraming::ofLength(body.size());
    auto started = co_await parts_->caller->start(std::move(head));
    if (!started) co_return fail(Error{kNotSent, started.error().message()});
    Answer answer;
    answer.call = std::move(*started);
    const auto broke = [&answer](const Error& error) {
        const bool sent = answer.call->outcome() != http::Outcome::NotDispatched;
        return fail(Error{sent ? kUnknown : kNotSent, error.message()});
    };
    // Who answers before it took the whole request says more than the broken write.
    auto sent = Result<>();
    const auto bytes = asBytes(body);
    if (!body.empty()) sent = co_await answer.call->writeBody(bytes);
    if (sent) sent = co_await answer.call->finishRequest();
    auto answered = co_await answer.call->readHead();
    if (!answered) co_return broke(sent ? answered.error() : sent.error());
    answer.head = std::move(*answered);
    if (answer.head.status < 300) co_return answer;
    const auto words = co_await readAll(*answer.call, kMaxRefusal);
    co_return fail(refusalOf(answer.head, words ? std::string_view(*words) : std::string_view()));
}

net::Task<Result<json::Object>> Client::whole(Answer answer) {
    PCG_CO_TRY(const auto text, co_await readAll(*answer.call, kMaxObject));
    auto object = json::parseObject(text, kMaxObject);
    if (!object)
        co_return fail(kBadAnswer,
                       "the endpoint's answer is no object: " + object.error().message());
    co_return std::move(*object);
}

net::Task<Result<json::Object>> Client::get(std::string path) {
    std::string none;
    PCG_CO_TRY(auto answer, co_await ask("GET", std::move(path), std::move(none)));
    co_return co_await whole(std::move(answer));
}

net::Task<Result<json::Object>> Client::post(std::string path, oauth::Parameters form) {
    auto body = written(form);
    PCG_CO_TRY(auto answer, co_await ask("POST", std::move(path), std::move(body)));
    co_return co_await whole(std::move(answer));
}

net::Task<Result<>> Client::each(std::string path, oauth::Parameters query, ListReader::Take take) {
    if (!query.empty()) path += "?" + written(query);
    std::string none;
    PCG_CO_TRY(auto answer, co_await ask("GET", std::move(path), std::move(none)));
    ListReader reader(kMaxListed, kMaxObject);
    Bytes piece(64 * 1024);
    while (true) {
        const auto count = co_await answer.call->readBody(piece);
        if (!count) co_return fail(Error{kUnknown, count.error().message()});
        if (*count == 0) co_return reader.end();
        PCG_CO_CHECK(reader.feed(asText(BytesView(piece).first(*count)), take));
    }
}

}  // namespace pcg::controlplane::maas
