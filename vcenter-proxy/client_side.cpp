// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/client_side.h"

#include "common/http/problem.h"
#include "common/wire/vouched.h"

#include <algorithm>

namespace pcg::proxy {
namespace {

constexpr std::size_t kReasonLimit = 128;  // more does not go through the tunnel (wire/http_head)

// Many clients show the status line and nothing else, so the cause is said there, too.
std::string reasonPhrase(std::string_view text) {
    std::string reason(text.substr(0, kReasonLimit));
    std::replace_if(
        reason.begin(), reason.end(), [](char c) { return c < 0x20 || c >= 0x7f; }, ' ');
    return reason;
}

http::ResponseHead ownHead(int status, std::string type, http::Outcome outcome) {
    http::ResponseHead head;
    head.status = status;
    head.headers.add("Content-Type", std::move(type));
    head.headers.add("Cache-Control", "no-cache");
    if (outcome != http::Outcome::Complete) {
        head.headers.add("Pcg-Outcome", std::string(nameOf(outcome)));
    }
    return head;
}

std::string problemText(int status, const Error& why) {
    http::Problem problem;
    problem.status = status;
    problem.code = std::string(why.code().name());
    problem.detail = why.message();
    return http::problemBody(problem);
}

void addVouched(http::HeaderList& headers, std::string_view field, const std::string& text) {
    if (wire::isVouchedText(text)) headers.add(std::string(field), text);
}

}  // namespace

ClientSide::ClientSide(http::Exchange& exchange, AuditRecord& audit)
    : exchange_(exchange), audit_(audit), state_(std::make_shared<State>()) {
    exchange_.onClientGone([state = state_] {
        state->gone = true;
        if (state->call != nullptr) state->call->cancel();
    });
}

ClientSide::~ClientSide() { state_->call = nullptr; }

std::string ClientSide::host() const {
    const auto* host = request().headers.find("host");
    return host == nullptr ? std::string("localhost") : *host;
}

net::Task<Result<std::size_t>> ClientSide::readBody(MutableBytes buffer) {
    auto count = co_await exchange_.readBody(buffer);
    if (count) audit_.bytes_in += *count;
    co_return count;
}

net::Task<Result<>> ClientSide::respond(http::ResponseHead head) {
    audit_.status = head.status;
    vouch(head.headers);
    co_return co_await exchange_.respond(std::move(head));
}

// An endpoint does not speak for the gateway: whatever it answered in these fields goes.
void ClientSide::vouch(http::HeaderList& headers) const {
    for (const auto field : wire::kVouchedFields) headers.remove(field);
    if (audit_.key_proven) addVouched(headers, wire::kKeyField, audit_.access_key);
    addVouched(headers, wire::kMethodField, audit_.method);
    addVouched(headers, wire::kRefusalField, refusal_);
}

net::Task<Result<>> ClientSide::writeBody(BytesView bytes) {
    if (keeps_answer_ && kept_.size() < kKeptOctets) {
        kept_.append(asText(bytes.first(std::min(bytes.size(), kKeptOctets - kept_.size()))));
    }
    auto written = co_await exchange_.writeBody(bytes);
    if (written) audit_.bytes_out += bytes.size();
    co_return written;
}

net::Task<Result<>> ClientSide::finish() { co_return co_await exchange_.finish(); }

void ClientSide::setKey(const Principal& who) {
    key_ = who.key;
    key_ends_ = who.expires_at;
}

void ClientSide::cut(const Error& why) {
    if (state_->gone) return;
    state_->gone = true;
    state_->cut = true;
    audit_.decision = std::string(why.code().name());
    audit_.reason = why.message();
    if (state_->call != nullptr) state_->call->cancel();
    exchange_.abort(why);
}

void ClientSide::abort(const Error& why) {
    if (!state_->cut) audit_.reason = why.message();
    exchange_.abort(why);
}

void ClientSide::watch(http::Call* call) {
    state_->call = call;
    if (call != nullptr && state_->gone) call->cancel();
}

net::Task<void> ClientSide::answerFault(int status, Fault fault, Error why, http::Outcome outcome) {
    auto head = ownHead(status, "text/xml; charset=utf-8", outcome);
    if (status != 500) head.reason = reasonPhrase(why.message());
    co_await answer(std::move(head), faultBody(fault), why, outcome);
}

net::Task<void> ClientSide::answerProblem(int status, Error why, http::Outcome outcome) {
    auto head = ownHead(status, "application/problem+json", outcome);
    co_await answer(std::move(head), problemText(status, why), why, outcome);
}

net::Task<void> ClientSide::answerAsProxy(int status,
                                          Error why,
                                          http::Outcome outcome,
                                          http::HeaderList more) {
    auto head = ownHead(status, "application/problem+json", outcome);
    head.reason = reasonPhrase(why.message());
    for (const auto& header : more) head.headers.add(header.name, header.value);
    co_await answer(std::move(head), problemText(status, why), why, outcome);
}

net::Task<void> ClientSide::answerJson(int status,
                                       std::string body,
                                       Error why,
                                       http::Outcome outcome) {
    auto head = ownHead(status, "application/json", outcome);
    head.reason = reasonPhrase(why.message());
    co_await answer(std::move(head), std::move(body), why, outcome);
}

net::Task<void> ClientSide::answerText(
    int status, std::string body, Error why, http::Outcome outcome, http::HeaderList more) {
    auto head = ownHead(status, "text/plain; charset=utf-8", outcome);
    for (const auto& header : more) head.headers.add(header.name, header.value);
    co_await answer(std::move(head), std::move(body), why, outcome);
}

net::Task<void> ClientSide::answer(http::ResponseHead head,
                                   std::string body,
                                   const Error& why,
                                   http::Outcome outcome) {
    if (!state_->cut) {
        audit_.decision = std::string(why.code().name());
        audit_.reason = why.message();
    }
    audit_.outcome = std::string(nameOf(outcome));
    if (why.isInput() && outcome == http::Outcome::NotDispatched) refusal_ = audit_.decision;
    if (gone()) {
        exchange_.abort(why);
        co_return;
    }
    if (request().method == "HEAD") body.clear();
    head.body = http::BodyFraming::ofLength(body.size());
    const auto responded = co_await respond(std::move(head));
    if (!responded) co_return;
    if (!body.empty()) {
        const auto written = co_await writeBody(asBytes(body));
        if (!written) co_return;
    }
    const auto finished = co_await finish();
    if (!finished) exchange_.abort(finished.error());
}

}  // namespace pcg::proxy
