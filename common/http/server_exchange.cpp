// SPDX-License-Identifier: Apache-2.0
#include "common/http/server_exchange.h"

#include "common/http/errc.h"
#include "common/http/problem.h"
#include "common/http/stream_request.h"
#include "common/log/log.h"

#include <algorithm>

namespace pcg::http {

namespace {

constexpr log::Logger kLog{"http"};
constexpr std::size_t kDrainBytes = 64 * 1024;  // of a body nobody wanted, to keep the connection
// A stream may be silent for as long as those at its two ends like; who opened it bounds that.
constexpr std::chrono::hours kNoLimit{24 * 365};

}  // namespace

Result<std::unique_ptr<ServerExchange>> ServerExchange::create(Connection& connection,
                                                               std::string_view rawHead,
                                                               AdmittedRequest request) {
    auto parser = PCG_TRY(RequestBodyParser::create(rawHead, request));
    const auto& framing = request.head.body;
    const bool hasBody = framing.kind == BodyFraming::Kind::Chunked ||
                         (framing.kind == BodyFraming::Kind::Length && framing.length > 0);
    std::optional<RequestBodyParser> bodyParser;
    if (hasBody) bodyParser = std::move(parser);
    std::unique_ptr<ServerExchange> exchange(
        new ServerExchange(connection, std::move(request), std::move(bodyParser)));
    // Admission left no other upgrade in the head.
    auto& head = exchange->request_.head;
    if (head.method == "CONNECT" || namesWebSocket(head)) head.body = BodyFraming::chunked();
    connection.watchClient(!hasBody);
    return exchange;
}

Error ServerExchange::brokenBody() const {
    if (connection_.timedOut())
        return {kTimeout, "the client sent no octet of the body for too long"};
    return {kClientGone, "the client went away in the middle of the request's body"};
}

net::Task<Result<std::size_t>> ServerExchange::readBody(MutableBytes buffer) {
    if (aborted_ || bodyBroken_) co_return fail(brokenBody());
    if (mayBecomeStream(request_.head)) co_return co_await readStream(buffer);
    if (!parser_ || buffer.empty()) co_return std::size_t{0};
    if (request_.expectsContinue && !continueSent_ && !responded_) {
        continueSent_ = true;
        connection_.send(asBytes("HTTP/1.1 100 Continue\r\n\r\n"));
    }
    for (;;) {
        auto& input = connection_.input();
        const auto step = parser_->step(input.data(), buffer);
        if (!step) {
            bodyBroken_ = true;
            co_return fail(step.error());
        }
        input.consume(step->consumed);
        if (step->complete) {
            parser_.reset();
            connection_.watchClient(true);
        }
        if (step->produced > 0 || step->complete) co_return step->produced;
        // A chunk header or trailer section that does not end is not a body.
        constexpr std::size_t kMaxUnparsed = 64 * 1024;
        const bool hopeless = input.size() > kMaxUnparsed;
        if (hopeless || !co_await connection_.moreInput(connection_.limits().body)) {
            bodyBroken_ = true;
            co_return fail(brokenBody());
        }
    }
}

// The client's half begins when the answer has agreed to it: what it sends before that is not
// looked at, and if the answer is another one, never will be.
net::Task<Result<std::size_t>> ServerExchange::readStream(MutableBytes buffer) {
    while (!responded_ && !aborted_ && !connection_.clientGone()) co_await answered_.wait();
    if (aborted_ || (!responded_ && connection_.clientGone())) co_return fail(brokenBody());
    if (!streaming_ || buffer.empty()) co_return std::size_t{0};
    auto& input = connection_.input();
    while (input.empty() && !connection_.clientGone()) {
        const bool more = co_await connection_.moreInput(kNoLimit);
        if (!more && (aborted_ || !connection_.clientGone())) co_return fail(brokenBody());
    }
    if (input.empty() && connection_.inputBroken()) co_return fail(brokenBody());
    const auto piece = input.data().first(std::min(buffer.size(), input.size()));
    std::copy(piece.begin(), piece.end(), buffer.begin());
    const auto count = piece.size();
    input.consume(count);
    co_return count;
}

bool ServerExchange::bodyAllowed() const {
    return request_.head.method != "HEAD" && response_.status != 204 && response_.status != 304;
}

ConnectionUse ServerExchange::connectionUse() const {
    if (request_.http10 && response_.body.kind == BodyFraming::Kind::Chunked)
        return ConnectionUse::CloseDelimited;
    return closeAfter_ ? ConnectionUse::Close : ConnectionUse::KeepAlive;
}

net::Task<Result<>> ServerExchange::respond(ResponseHead head) {
    if (responded_) co_return fail(kMisuse, "the exchange was answered already");
    if (aborted_) co_return fail(kCancelled, "the exchange was aborted");
    response_ = std::move(head);
    const auto* connection = response_.headers.find("Connection");
    const bool handlerCloses = connection != nullptr && *connection == "close";
    response_.headers.remove("Connection");
    // A body that the client holds back for 100 Continue will never be read: nothing can follow it.
    const bool heldBack = parser_ && request_.expectsContinue && !continueSent_;
    // Behind a refused CONNECT there may be octets that were meant for the tunnel.
    const bool mayStream = mayBecomeStream(request_.head);
    closeAfter_ =
        !request_.keepAlive || handlerCloses || heldBack || mayStream || connection_.finishing();
    const bool streams = agreesToStream(request_.head, response_.status);
    const auto text =
        streams ? formatStreamHead(response_) : formatResponseHead(response_, connectionUse());
    if (!text) co_return fail(text.error());
    responded_ = true;
    streaming_ = streams;
    if (streaming_) connection_.becomeStream();
    connection_.send(asBytes(*text));
    answered_.notify();
    co_return Result<>{};
}

net::Task<Result<>> ServerExchange::writeBody(BytesView bytes) {
    if (!responded_ || finished_) co_return fail(kMisuse, "a body needs a head before it");
    if (aborted_) co_return fail(kCancelled, "the exchange was aborted");
    if (streaming_) {
        connection_.send(bytes);
        co_return co_await connection_.sent();
    }
    written_ += bytes.size();
    const bool promised =
        response_.body.kind == BodyFraming::Kind::Chunked ||
        (response_.body.kind == BodyFraming::Kind::Length && written_ <= response_.body.length);
    if (!promised) {
        const Error error(kBodyLengthMismatch, "more octets of the answer than its head promised");
        abort(error);
        co_return fail(error);
    }
    if (!bodyAllowed() || bytes.empty()) co_return Result<>{};
    if (connectionUse() != ConnectionUse::CloseDelimited &&
        response_.body.kind == BodyFraming::Kind::Chunked) {
        Bytes chunk;
        chunk.reserve(bytes.size() + 24);
        appendChunk(chunk, bytes);
        connection_.send(chunk);
    } else {
        connection_.send(bytes);
    }
    co_return co_await connection_.sent();
}

net::Task<Result<>> ServerExchange::finish() {
    if (!responded_ || finished_) co_return fail(kMisuse, "nothing to finish");
    if (aborted_) co_return fail(kCancelled, "the exchange was aborted");
    if (streaming_) co_return co_await finishStream();
    const bool tooShort = response_.body.kind == BodyFraming::Kind::Length && bodyAllowed() &&
                          written_ < response_.body.length;
    if (tooShort) {
        const Error error(kBodyLengthMismatch, "fewer octets of the answer than its head promised");
        abort(error);
        co_return fail(error);
    }
    finished_ = true;
    if (response_.body.kind == BodyFraming::Kind::Chunked && bodyAllowed() &&
        connectionUse() != ConnectionUse::CloseDelimited) {
        Bytes last;
        appendLastChunk(last);
        connection_.send(last);
    }
    co_return co_await connection_.sent();
}

// The client may go on with its half.
net::Task<Result<>> ServerExchange::finishStream() {
    finished_ = true;
    auto sent = co_await connection_.sent();
    if (sent) co_await connection_.transport().endWriting();
    co_return sent;
}

void ServerExchange::abort(const Error& why) {
    if (aborted_ || (finished_ && !streaming_)) return;
    aborted_ = true;
    answered_.notify();
    kLog.debug("http.aborted", {{"code", why.code().name()}});
    connection_.reset();
}

void ServerExchange::onClientGone(std::function<void()> callback) {
    onClientGone_ = std::move(callback);
    if (connection_.clientGone()) clientWentAway();
}

void ServerExchange::clientWentAway() {
    if (finished_ || !onClientGone_) return;
    const auto callback = std::exchange(onClientGone_, nullptr);
    callback();
}

void ServerExchange::inputEnded(bool cleanly) {
    answered_.notify();
    if (!streaming_ || !cleanly) clientWentAway();
}

net::Task<bool> ServerExchange::settle() {
    onClientGone_ = nullptr;
    if (aborted_) co_return false;
    if (!responded_) {
        if (connection_.clientGone()) co_return false;
        kLog.error("http.no_answer",
                   {{"method", request_.head.method}, {"path", request_.head.path()}});
        Problem problem{
            500, "http.internal", "the server failed to answer; its log says why", std::nullopt};
        co_await respondProblem(*this, std::move(problem));
    }
    if (!finished_) {
        const Error error(kTruncated, "the answer was left unfinished");
        abort(error);
        co_return false;
    }
    if (closeAfter_ || bodyBroken_) co_return false;
    Bytes scrap(parser_ ? 16 * 1024 : 0);
    for (std::size_t dropped = 0; parser_;) {
        const MutableBytes into(scrap);
        const auto count = co_await readBody(into);
        if (!count) co_return false;
        dropped += *count;
        if (dropped > kDrainBytes) co_return false;
    }
    co_return true;
}

}  // namespace pcg::http
