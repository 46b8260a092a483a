// SPDX-License-Identifier: Apache-2.0
#include "gateway/upload/upload_api.h"

#include "common/http/problem.h"
#include "gateway/control/control_answer.h"
#include "gateway/errc.h"
#include "gateway/remote/remote_commands.h"
#include "gateway/upload/errc.h"
#include "vcenter-proxy/errc.h"

namespace pcg::gateway::upload {
namespace {

namespace json = codec::json;

constexpr ByteCount kMaxBody = 32_KiB;
constexpr auto kActorField = "Pcg-Actor";

int statusOf(const Error& error) {
    if (error.is(gateway::errc::kBadField) || error.is(errc::kSourceRefused)) return 400;
    if (error.is(errc::kSourceDenied) || error.is(proxy::errc::kInvalidLogin)) return 403;
    if (error.is(errc::kNoSuchUpload) || error.is(gateway::errc::kNoSuchEndpoint)) return 404;
    if (error.is(errc::kOtherOrder)) return 409;
    if (error.is(errc::kQueueFull)) return 503;
    return http::statusOf(error);
}

net::Task<void> refuseWith(http::Exchange& exchange, Error error) {
    const auto status = statusOf(error);
    json::Object body;
    body.set("status", status)
        .set("title", http::standardReason(status))
        .set("code", error.code().name())
        .set("detail", error.message());
    auto field = error.isInput() ? remote::fieldOf(error.message()) : std::string();
    if (error.is(proxy::errc::kInvalidLogin)) field = "access_key";
    if (!field.empty()) body.set("field", field);
    auto text = json::write(body);
    http::ResponseHead head;
    head.status = status;
    head.headers.add("Content-Type", "application/problem+json");
    const auto octets = asBytes(text);
    // A link that broke is the other side's to notice.
    [[maybe_unused]] const auto sent =
        co_await http::respondWhole(exchange, std::move(head), octets);
}

std::string actorOf(const http::Exchange& exchange) {
    const auto* actor = exchange.request().headers.find(kActorField);
    return remote::actorOf(actor == nullptr ? std::string_view() : *actor);
}

Result<wire::UploadId> idOf(const http::RouteParams& params) {
    auto id = params.parse("id", wire::parseUploadId);
    if (!id) return fail(errc::kNoSuchUpload, "There is no such upload.");
    return std::move(*id);
}

net::Task<Result<NewOrder>> readOrder(http::Exchange& exchange) {
    PCG_CO_TRY(auto bytes, co_await http::readWholeBody(exchange, kMaxBody));
    const auto body = json::parseObject(asText(bytes), kMaxBody);
    wipe(MutableBytes(bytes));
    if (!body) co_return fail(gateway::errc::kBadField, body.error().message());
    co_return NewOrder::parse(*body);
}

}  // namespace

json::Object toJson(const Record& record) {
    auto shown = record.order.shown();
    const auto progress = record.progress();
    for (const auto& member : progress.members()) shown.set(member.name, member.value);
    return shown.set("by", record.by).set("created_at", toRfc3339(record.createdAt));
}

UploadApi::UploadApi(Uploads& uploads) : uploads_(uploads) {
    const auto to = [this](net::Task<void> (UploadApi::*method)(http::Exchange&, const Params&)) {
        return [this, method](http::Exchange& exchange, const Params& params) {
            return (this->*method)(exchange, params);
        };
    };
    remote_.add("GET", "/v1/uploads", to(&UploadApi::list))
        .add("POST", "/v1/uploads", to(&UploadApi::order))
        .add("GET", "/v1/uploads/{id}", to(&UploadApi::get))
        .add("DELETE", "/v1/uploads/{id}", to(&UploadApi::cancel));
}

void UploadApi::addTo(http::Router& control) {
    const auto to = [this](net::Task<void> (UploadApi::*method)(http::Exchange&, const Params&)) {
        return [this, method](http::Exchange& exchange, const Params& params) {
            return (this->*method)(exchange, params);
        };
    };
    control.add("GET", "/v1/uploads", to(&UploadApi::list))
        .add("DELETE", "/v1/uploads/{id}", to(&UploadApi::cancelHere))
        .add("GET", "/v1/upload-sources", to(&UploadApi::showSources));
}

net::Task<void> UploadApi::list(http::Exchange& exchange, const Params&) {
    json::Array items;
    for (const auto& record : uploads_.list()) items.emplace_back(toJson(record));
    auto body = json::Object().set("uploads", std::move(items));
    co_await answer(exchange, 200, std::move(body));
}

net::Task<void> UploadApi::get(http::Exchange& exchange, const Params& params) {
    const auto id = idOf(params);
    const auto record = id ? uploads_.find(*id) : Result<Record>(fail(id.error()));
    if (!record) co_return co_await refuseWith(exchange, record.error());
    auto body = toJson(*record);
    co_await answer(exchange, 200, std::move(body));
}

net::Task<void> UploadApi::order(http::Exchange& exchange, const Params&) {
    auto asked = co_await readOrder(exchange);
    if (!asked) co_return co_await refuseWith(exchange, asked.error());
    auto by = actorOf(exchange);
    const auto record = co_await uploads_.order(std::move(*asked), std::move(by));
    if (!record) co_return co_await refuseWith(exchange, record.error());
    auto body = toJson(*record);
    co_await answer(exchange, 201, std::move(body));
}

net::Task<void> UploadApi::cancelFor(http::Exchange& exchange,
                                     const Params& params,
                                     std::string by) {
    auto id = idOf(params);
    if (!id) co_return co_await refuseWith(exchange, id.error());
    const auto record = co_await uploads_.cancel(std::move(*id), std::move(by));
    if (!record) co_return co_await refuseWith(exchange, record.error());
    auto body = toJson(*record);
    co_await answer(exchange, 200, std::move(body));
}

net::Task<void> UploadApi::cancel(http::Exchange& exchange, const Params& params) {
    auto by = actorOf(exchange);
    co_await cancelFor(exchange, params, std::move(by));
}

net::Task<void> UploadApi::cancelHere(http::Exchange& exchange, const Params& params) {
    co_await cancelFor(exchange, params, "the data center's admin");
}

net::Task<void> UploadApi::showSources(http::Exchange& exchange, const Params&) {
    json::Array items;
    for (const auto& text : uploads_.sources().texts()) items.emplace_back(text);
    auto body = json::Object()
                    .set("sources", std::move(items))
                    .set("cache_octets", json::Value::ofUnsigned(uploads_.cache().used()))
                    .set("most_running", json::Value::ofUnsigned(Uploads::kMostRunning))
                    .set("most_queued", json::Value::ofUnsigned(Uploads::kMostQueued));
    co_await answer(exchange, 200, std::move(body));
}

}  // namespace pcg::gateway::upload
