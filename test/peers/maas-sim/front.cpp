// SPDX-License-Identifier: Apache-2.0
#include "test/peers/maas-sim/front.h"

#include "common/base/percent.h"
#include "common/base/text.h"

#include <algorithm>

namespace pcg::maassim {
namespace {

namespace json = codec::json;

constexpr ByteCount kMostBody = 64_MiB;
constexpr std::size_t kBuffer = 64 * 1024;

const ErrorCode kReset{ErrorClass::Weather, "maas_sim.reset"};

std::string headerOf(const http::Exchange& exchange, std::string_view name) {
    const auto* value = exchange.request().headers.find(name);
    return value == nullptr ? std::string() : *value;
}

// The file that an upload is for.
std::optional<int> uploadOf(const http::RequestHead& head) {
    const auto parts = split(head.path(), '/');
    const bool fits = head.method == "PUT" && parts.size() == 9 && parts[4] == "boot-resources" &&
                      parts[6] == "upload" && parts[8].empty();
    if (!fits) return std::nullopt;
    const auto file = parseUnsigned(parts[7]);
    return file ? std::optional<int>(static_cast<int>(*file)) : std::nullopt;
}

Result<> takeMultipart(Request& request, std::string_view body, std::string_view boundary) {
    const auto form = PCG_TRY(oauth::Multipart::parse(body, boundary));
    request.form = form.fields();
    for (const auto& part : form.parts()) {
        if (part.isFile()) request.uploads[part.name] = std::string(part.content);
    }
    return {};
}

Result<> takeBody(Request& request, const std::string& type, std::string_view body) {
    if (body.empty()) return {};
    const auto boundary = PCG_TRY(oauth::Multipart::boundaryOf(type));
    if (boundary) return takeMultipart(request, body, *boundary);
    if (!type.starts_with("application/json")) {
        request.form = PCG_TRY(oauth::parseForm(body));
        return {};
    }
    const auto object = PCG_TRY(json::parseObject(body, kMostBody));
    for (const auto& member : object.members()) {
        const auto* text = member.value.asString();
        request.form.push_back({member.name, text != nullptr ? *text : json::write(member.value)});
    }
    return {};
}

Result<Request> readHead(const http::Exchange& exchange, const std::string& scheme) {
    const auto& head = exchange.request();
    Request request;
    request.method = head.method;
    const auto question = head.target.find('?');
    if (question != std::string::npos) request.query = head.target.substr(question + 1);
    request.path = percentDecode(head.path()).value_or(std::string(head.path()));
    request.origin = scheme + "://" + headerOf(exchange, "Host");
    request.query_parameters = PCG_TRY(oauth::parseForm(request.query));
    return request;
}

}  // namespace

Front::Front(Parts parts) : parts_(std::move(parts)), api_(parts_.region) {
    if (!parts_.request_log.empty()) log_.open(parts_.request_log, std::ios::app);
}

void Front::advance() {
    const auto since = parts_.clock.now().time_since_epoch();
    parts_.region.advance(std::chrono::duration_cast<std::chrono::milliseconds>(since).count(),
                          toUnixMilliseconds(parts_.clock.wallNow()) / 1000);
}

void Front::log(const http::Exchange& exchange, const Request& request, int status) {
    ++requests_;
    if (!log_.is_open()) return;
    auto op = textOf(request.query_parameters, "op");
    if (op.empty()) op = textOf(request.form, "op");
    json::Array names;
    for (const auto& one : request.query_parameters) names.emplace_back(one.name);
    for (const auto& one : request.form) names.emplace_back(one.name);
    const auto authorization = headerOf(exchange, "Authorization");
    const auto shown = oauth::Authorization::parse(authorization);
    json::Object line;
    line.set("method", request.method)
        .set("path", request.path)
        .set("op", op)
        .set("parameters", std::move(names))
        .set("status", status)
        .set("user", request.user ? json::Value(request.user->name) : json::Value(nullptr))
        .set("signature_method", shown ? json::Value(shown->method) : json::Value(nullptr))
        .set("consumer", shown ? json::Value(shown->consumer) : json::Value(nullptr))
        .set("agent", headerOf(exchange, "User-Agent"))
        .set("host", headerOf(exchange, "Host"));
    log_ << json::write(line) << std::endl;
}

tl::expected<User, Reply> Front::identify(const http::Exchange& exchange,
                                          const Request& request,
                                          const std::string& scheme) {
    Asked asked;
    asked.method = request.method;
    asked.uri = oauth::baseUri(scheme, headerOf(exchange, "Host"), exchange.request().path());
    // The last of several, as MAAS's server has it.
    for (const auto& header : exchange.request().headers) {
        if (equalsIgnoreCaseAscii(header.name, "Authorization"))
            asked.authorization = &header.value;
    }
    asked.query = request.query_parameters;
    if (request.method == "POST") asked.form = request.form;
    return parts_.guard.check(asked, toUnixMilliseconds(parts_.clock.wallNow()) / 1000);
}

net::Task<void> Front::serve(http::Exchange& exchange, std::string scheme) {
    advance();
    const auto& head = exchange.request();
    if (scheme == "http" && head.path().starts_with("/_sim/")) {
        co_await serveControl(exchange);
        co_return;
    }
    if (faults_.slow_ms > 0) {
        net::Timer timer(parts_.loop, std::chrono::milliseconds(faults_.slow_ms));
        co_await timer.async_wait(net::kAwaitTuple);
    }
    const auto file = uploadOf(head);
    if (file) {
        co_await serveUpload(exchange, std::move(scheme), *file);
    } else {
        co_await serveApi(exchange, std::move(scheme));
    }
}

net::Task<void> Front::serveApi(http::Exchange& exchange, std::string scheme) {
    auto body = co_await http::readWholeBody(exchange, kMostBody);
    auto request = readHead(exchange, scheme);
    auto taken = request && body
                     ? takeBody(*request, headerOf(exchange, "Content-Type"), asText(*body))
                     : Result<>();
    if (!body || !request || !taken) {
        auto reply = Reply::text(400, "Bad Request");
        co_await send(exchange, std::move(reply));
        co_return;
    }
    Reply reply;
    if (faults_.unavailable > 0) {
        --faults_.unavailable;
        reply =
            Reply::text(503, "Unable to connect to any rack controller; no connections available.");
        if (faults_.retry_after) {
            reply.headers.emplace_back("Retry-After", std::to_string(*faults_.retry_after));
        }
    } else if (Api::isOpen(request->path)) {
        reply = api_.handle(*request);
    } else if (auto user = identify(exchange, *request, scheme)) {
        request->user = *user;
        reply = api_.handle(*request);
    } else {
        reply = std::move(user.error());
    }
    log(exchange, *request, reply.status);
    const bool cutAnswer = takesCut();
    co_await send(exchange, std::move(reply), cutAnswer);
}

net::Task<void> Front::serveUpload(http::Exchange& exchange, std::string scheme, int file) {
    auto request = readHead(exchange, scheme);
    auto user = request
                    ? identify(exchange, *request, scheme)
                    : tl::expected<User, Reply>(tl::unexpected(Reply::text(400, "Bad Request")));
    if (!user) {
        auto reply = std::move(user.error());
        co_await send(exchange, std::move(reply));
        co_return;
    }
    request->user = *user;
    const auto& framing = exchange.request().body;
    const bool sized = framing.kind == http::BodyFraming::Kind::Length;
    const auto declared = sized ? static_cast<std::int64_t>(framing.length) : 0;
    const bool cut = faults_.reset_upload > 0 && declared > 0;
    if (cut) --faults_.reset_upload;
    auto left = cut ? declared / 2 : declared;
    Reply reply = declared == 0 ? api_.upload(file, {}, false, 0) : Reply::text(200, "OK");
    Bytes buffer(kBuffer);
    while (left > 0) {
        const auto wanted = std::min<std::size_t>(buffer.size(), static_cast<std::size_t>(left));
        const auto room = MutableBytes(buffer).first(wanted);
        const auto count = co_await exchange.readBody(room);
        if (!count) co_return;
        left -= static_cast<std::int64_t>(*count);
        const bool last = left == 0 && !cut;
        const auto rest = left + static_cast<std::int64_t>(*count);
        if (reply.status == 200)
            reply = api_.upload(file, BytesView(room).first(*count), last, rest);
    }
    log(exchange, *request, cut ? 0 : reply.status);
    if (cut) {
        exchange.abort(Error(kReset, "a fault that was asked for"));
        co_return;
    }
    co_await send(exchange, std::move(reply));
}

// Whether this answer is one of those that are cut.
bool Front::takesCut() {
    if (faults_.reset_answer == 0) return false;
    --faults_.reset_answer;
    return true;
}

net::Task<void> Front::send(http::Exchange& exchange, Reply reply, bool cut) {
    http::ResponseHead head;
    head.status = reply.status;
    head.headers.add("Content-Type", reply.type);
    head.headers.add("X-MAAS-API-Hash", "0f7d3d1d");
    head.headers.add("Vary", "Authorization, Cookie");
    const auto trace = headerOf(exchange, "MAAS-trace-id");
    head.headers.add("MAAS-trace-id", trace.empty() ? "4e4a7e7d" : trace);
    for (auto& [name, value] : reply.headers) head.headers.add(name, value);
    if (!reply.pieces) {
        head.body = http::BodyFraming::ofLength(reply.body.size());
        if (reply.status == 204) head.body = http::BodyFraming::none();
        if (!co_await exchange.respond(std::move(head))) co_return;
        auto body = asBytes(reply.body);
        if (cut) body = body.first(body.size() / 2);
        if (!body.empty() && !co_await exchange.writeBody(body)) co_return;
        if (cut) exchange.abort(Error(kReset, "a fault that was asked for"));
        if (!cut) (void)co_await exchange.finish();
        co_return;
    }
    head.body = http::BodyFraming::chunked();
    if (!co_await exchange.respond(std::move(head))) co_return;
    std::string piece;
    while (reply.pieces(piece)) {
        const auto bytes = asBytes(piece);
        if (!co_await exchange.writeBody(bytes)) co_return;
        if (!cut) continue;
        exchange.abort(Error(kReset, "a fault that was asked for"));
        co_return;
    }
    (void)co_await exchange.finish();
}

Reply Front::setFaults(const json::Object& wanted) {
    const auto number = [&](const char* name) {
        const auto* value = wanted.find(name);
        const auto* held = value == nullptr ? nullptr : value->asInteger();
        return held == nullptr ? 0 : static_cast<int>(*held);
    };
    const auto known = wanted.onlyMembers({"fail_install",
                                           "unavailable",
                                           "retry_after",
                                           "slow_ms",
                                           "reset_upload",
                                           "reset_answer",
                                           "leak_secret",
                                           "secret"});
    if (!known) return Reply::text(400, known.error().message());
    faults_ = {number("unavailable"),
               std::nullopt,
               number("slow_ms"),
               number("reset_upload"),
               number("reset_answer")};
    if (wanted.has("retry_after")) faults_.retry_after = number("retry_after");
    parts_.region.failInstalls(number("fail_install"));
    parts_.guard.leaks_secret = wanted.booleanOr("leak_secret", true).value_or(true);
    const auto secret = wanted.optionalString("secret", 256);
    if (secret && *secret) parts_.guard.changeSecret(0, **secret);
    return Reply::json(json::Object());
}

Reply Front::state() const {
    json::Array uploads;
    for (const auto& [id, file] : parts_.region.files) {
        uploads.emplace_back(json::Object()
                                 .set("file", id)
                                 .set("received", file.received)
                                 .set("writes", file.writes)
                                 .set("complete", file.complete));
    }
    return Reply::json(
        json::Object().set("requests", requests_).set("uploads", std::move(uploads)));
}

net::Task<void> Front::serveControl(http::Exchange& exchange) {
    const auto& head = exchange.request();
    Reply reply = Reply::text(404, "");
    constexpr std::string_view kUserData = "/_sim/user-data/";
    if (head.method == "PUT" && head.path() == "/_sim/faults") {
        const auto body = co_await http::readWholeBody(exchange, 64_KiB);
        const auto wanted =
            body ? json::parseObject(asText(*body)) : Result<json::Object>(fail(body.error()));
        reply = wanted ? setFaults(*wanted) : Reply::text(400, wanted.error().message());
    } else if (head.path() == "/_sim/state") {
        reply = state();
    } else if (head.path().starts_with(kUserData)) {
        const auto* machine = parts_.region.find(std::string(head.path().substr(kUserData.size())));
        if (machine != nullptr) reply = Reply::text(200, machine->user_data);
    }
    co_await send(exchange, std::move(reply));
}

}  // namespace pcg::maassim
