// SPDX-License-Identifier: Apache-2.0
// A boot resource of a MAAS: made with the object's digest and size, then sent in chunks.
//
// MAAS appends what comes and cannot tell a chunk that comes twice, so nothing is sent again before
// MAAS has said how much it holds.
#include "common/oauth/form.h"
#include "common/oauth/signature.h"
#include "gateway/upload/errc.h"
#include "gateway/upload/push.h"
#include "vcenter-proxy/phases/maas_identity.h"

#include <algorithm>
#include <cmath>

namespace pcg::gateway::upload {
namespace {

using codec::json::Object;

constexpr std::string_view kResources = "/MAAS/api/2.0/boot-resources/";
constexpr ByteCount kChunk = 4_MiB;
constexpr std::chrono::seconds kStandsStill{3};
constexpr std::size_t kMaxAnswer = 1024 * 1024;

// What MAAS says of the file of a resource.
struct State {
    std::int64_t resource = 0;
    bool complete = false;
    std::optional<ByteCount> received;  // nothing: it does not say
    std::string uri;                    // where chunks go
};

class BootResourcePush final : public PushWay {
  public:
    BootResourcePush(PushParts parts, const Order& order)
        : parts_(std::move(parts)), resource_(std::get<BootResource>(order.target)) {
        key_.consumer = proxy::maas::kConsumer;
        key_.token = order.key.text();
        key_.secret = parts_.password.clone();
    }

    net::Task<Pushed<>> open() override;
    net::Task<Pushed<>> push(Record& record) override;
    net::Task<Found> look(Record& record) override;

    net::Task<void> close() override { co_return; }

  private:
    http::RequestHead head(std::string method, std::string target);
    net::Task<Pushed<Object>> ask(std::string method, std::string target, std::string form);
    net::Task<Pushed<State>> create(const Record& record);
    net::Task<Pushed<State>> read(const Record& record);
    Pushed<State> stateIn(const Object& body, const Record& record) const;

    PushParts parts_;
    BootResource resource_;
    oauth::ApiKey key_;
    std::optional<State> known_;  // from the last look
};

tl::unexpected<PushFailure> notAMaas(const std::string& what) {
    return tl::unexpected(
        PushFailure{Error(errc::kTargetFailed, "The answer is not one of a MAAS: " + what + "."),
                    http::Outcome::Complete});
}

std::string formOf(const oauth::Parameters& parameters) {
    std::string text;
    for (const auto& [name, value] : parameters) {
        if (value.empty()) continue;
        if (!text.empty()) text += '&';
        text += oauth::percentEncode(name) + '=' + oauth::percentEncode(value);
    }
    return text;
}

// The newest set's only file, or the one with the ordered digest.
const Object* fileIn(const Object& body, const std::string& sha256) {
    const auto sets = body.optionalObject("sets");
    if (!sets || *sets == nullptr) return nullptr;
    for (const auto& set : (*sets)->members()) {
        const auto* held = set.value.asObject();
        const auto files =
            held == nullptr ? Result<const Object*>(nullptr) : held->optionalObject("files");
        if (!files || *files == nullptr) continue;
        for (const auto& file : (*files)->members()) {
            const auto* one = file.value.asObject();
            if (one == nullptr) continue;
            const auto digest = one->optionalString("sha256", 128);
            if (digest && *digest && **digest == sha256) return one;
        }
    }
    return nullptr;
}

http::RequestHead BootResourcePush::head(std::string method, std::string target) {
    http::RequestHead head;
    head.method = std::move(method);
    head.target = std::move(target);
    head.headers.add("Authorization",
                     oauth::plaintextAuthorization(key_, parts_.clock.wallNow(), parts_.random));
    head.headers.add("Accept", "application/json");
    return head;
}

net::Task<Pushed<Object>> BootResourcePush::ask(std::string method,
                                                std::string target,
                                                std::string form) {
    auto asked = head(std::move(method), std::move(target));
    if (!form.empty()) asked.headers.add("Content-Type", "application/x-www-form-urlencoded");
    auto answered =
        co_await askSmall(*parts_.caller, parts_.halt, std::move(asked), std::move(form));
    if (!answered) co_return tl::unexpected(std::move(answered).error());
    auto body = codec::json::parseObject(answered->body, kMaxAnswer);
    if (!body) co_return notAMaas(body.error().message());
    co_return std::move(*body);
}

Pushed<State> BootResourcePush::stateIn(const Object& body, const Record& record) const {
    State state;
    const auto id = body.integer("id", 1);
    const auto* file = fileIn(body, record.order.sha256Hex());
    if (!id || file == nullptr) return notAMaas("a boot resource without the ordered file");
    state.resource = *id;
    state.complete = file->booleanOr("complete", false).value_or(false);
    if (state.complete) return state;
    const auto uri = file->optionalString("upload_uri", 512).value_or("").value_or("");
    const auto wanted = std::string(kResources) + std::to_string(state.resource) + "/upload/";
    const bool plain = uri.find_first_not_of("0123456789/", std::min(uri.size(), wanted.size())) ==
                       std::string::npos;
    if (!uri.starts_with(wanted) || !plain) return notAMaas("no place for the upload");
    state.uri = uri;
    const auto size = record.size().value_or(0);
    if (const auto share = file->number("progress"); share && *share >= 0 && *share <= 1)
        state.received = static_cast<ByteCount>(std::llround(*share * static_cast<double>(size)));
    return state;
}

net::Task<Pushed<State>> BootResourcePush::create(const Record& record) {
    auto form = formOf({{"name", resource_.name},
                        {"title", resource_.title},
                        {"architecture", resource_.architecture},
                        {"filetype", resource_.filetype},
                        {"base_image", resource_.baseImage},
                        {"sha256", record.order.sha256Hex()},
                        {"size", std::to_string(parts_.cache.objectSize(record.order.sha256))}});
    auto body = co_await ask("POST", std::string(kResources), std::move(form));
    if (!body) co_return tl::unexpected(std::move(body).error());
    co_return stateIn(*body, record);
}

net::Task<Pushed<State>> BootResourcePush::read(const Record& record) {
    auto body = co_await ask("GET", std::string(kResources) + record.remote + "/", "");
    if (!body) co_return tl::unexpected(std::move(body).error());
    co_return stateIn(*body, record);
}

// The key is good, and MAAS is there.
net::Task<Pushed<>> BootResourcePush::open() {
    auto asked = head("GET", std::string(kResources) + "?type=uploaded");
    auto answered = co_await askSmall(*parts_.caller, parts_.halt, std::move(asked), "");
    if (!answered) co_return tl::unexpected(std::move(answered).error());
    co_return Pushed<>();
}

net::Task<Pushed<>> BootResourcePush::push(Record& record) {
    std::optional<Pushed<State>> made;
    if (known_) {
        made.emplace(*known_);
    } else {
        made.emplace(co_await create(record));
    }
    known_.reset();
    auto& state = *made;
    if (!state) co_return tl::unexpected(std::move(state).error());
    record.remote = std::to_string(state->resource);
    if (const auto kept = co_await parts_.keep(); !kept)
        co_return tl::unexpected(PushFailure{kept.error(), http::Outcome::Unknown});
    if (state->complete) co_return Pushed<>();
    const auto size = parts_.cache.objectSize(record.order.sha256);
    auto at = state->received.value_or(0);
    record.pushed = at;
    auto taken = [this, &record](std::size_t count) {
        record.pushed += count;
        if (parts_.progressed) parts_.progressed();
    };
    while (at < size) {
        const auto count = std::min<ByteCount>(kChunk, size - at);
        auto put = head("PUT", state->uri);
        put.headers.add("Content-Type", "application/octet-stream");
        const auto sent =
            co_await sendOctets(parts_, std::move(put), record.order.sha256, at, count, taken);
        if (!sent) {
            // What came before is there: only a look tells from where to go on.
            auto failure = sent.error();
            if (failure.outcome == http::Outcome::NotDispatched)
                failure.outcome = http::Outcome::Unknown;
            co_return tl::unexpected(std::move(failure));
        }
        at += count;
    }
    co_return Pushed<>();
}

// MAAS's own count says from where to go on, once it stands still: what was on its way when the
// connection broke has then arrived, or never will. That nothing is there twice it verifies itself,
// by the digest.
net::Task<Found> BootResourcePush::look(Record& record) {
    // The POST's answer was lost. Whatever it made holds nothing yet; another one may be made.
    if (record.remote.empty()) co_return Found::Nothing;
    std::optional<ByteCount> before;
    for (int looks = 0; looks < 2; ++looks) {
        const auto state = co_await read(record);
        if (!state && state.error().status == 404) {
            record.remote.clear();
            co_return Found::Nothing;
        }
        if (!state && state.error().outcome != http::Outcome::Complete) co_return Found::NotNow;
        if (!state) co_return Found::CannotTell;
        if (state->complete) co_return Found::Whole;
        if (!state->received || !record.size() || *state->received > *record.size())
            co_return Found::CannotTell;
        if (before == state->received) {
            known_ = *state;
            co_return Found::Partly;
        }
        if (before) break;
        before = state->received;
        co_await parts_.halt.pause(kStandsStill);
    }
    co_return Found::NotNow;
}

}  // namespace

std::unique_ptr<PushWay> makeBootResourcePush(PushParts parts, const Order& order) {
    return std::make_unique<BootResourcePush>(std::move(parts), order);
}

}  // namespace pcg::gateway::upload
