// SPDX-License-Identifier: Apache-2.0
#include "common/http/client_call.h"

#include "common/http/errc.h"
#include "common/http/input_buffer.h"
#include "common/http/parser.h"
#include "common/http/signal.h"
#include "common/http/stream_request.h"

#include <algorithm>

namespace pcg::http {

namespace {

constexpr std::size_t kReadBytes = 32 * 1024;
constexpr std::size_t kMaxHeadBytes = 128 * 1024;

// The call's state lives on while one of its coroutines is suspended, even if the handle is gone.
class CallState : public std::enable_shared_from_this<CallState> {
  public:
    CallState(net::Executor executor,
              std::shared_ptr<ConnectionHome> home,
              std::unique_ptr<Transport> transport,
              RequestHead head,
              std::string headText,
              CallLimits limits)
        : home_(std::move(home)),
          transport_(std::move(transport)),
          framing_(mayBecomeStream(head) ? BodyFraming::none() : head.body),
          mayStream_(mayBecomeStream(head)),
          answerTo_(head.method == "HEAD" ? AnswerTo::Head : AnswerTo::Other),
          limits_(limits),
          outgoing_(toBytes(asBytes(headText))),
          parser_(answerTo_),
          headSent_(executor) {}

    ~CallState() {
        if (transport_) home_->lost();
    }

    void watch(net::Executor executor) {
        const auto expire = [weak = weak_from_this()] {
            if (const auto self = weak.lock()) self->end(kTimeout);
        };
        readWatchdog_ = std::make_shared<Watchdog>(executor, expire);
        writeWatchdog_ = std::make_shared<Watchdog>(executor, expire);
    }

    net::Task<Result<>> writeBody(BytesView bytes);
    net::Task<Result<>> finishRequest();
    net::Task<Result<ResponseHead>> readHead();
    net::Task<Result<std::size_t>> readBody(MutableBytes buffer);
    void end(ErrorCode why);

    Outcome outcome() const {
        if (complete_) return Outcome::Complete;
        return dispatched_ ? Outcome::Unknown : Outcome::NotDispatched;
    }

  private:
    net::Task<Result<>> flush();
    net::Task<Result<std::size_t>> more();
    net::Task<Result<std::size_t>> readStream(MutableBytes buffer);
    Error reasonFor(const Error& error) const;
    void settle();

    std::shared_ptr<ConnectionHome> home_;
    std::unique_ptr<Transport> transport_;  // null after it was given back
    BodyFraming framing_;
    bool mayStream_;
    bool streaming_ = false;
    AnswerTo answerTo_;
    CallLimits limits_;
    Bytes outgoing_;
    InputBuffer input_;
    ResponseParser parser_;
    Signal headSent_;
    std::shared_ptr<Watchdog> readWatchdog_;
    std::shared_ptr<Watchdog> writeWatchdog_;
    std::optional<ErrorCode> ended_;
    ByteCount written_ = 0;
    bool writing_ = false;
    bool dispatched_ = false;
    bool requestDone_ = false;
    bool awaitingHead_ = false;
    bool haveHead_ = false;
    bool complete_ = false;
};

Error CallState::reasonFor(const Error& error) const {
    if (!ended_) return error;
    if (*ended_ == kTimeout) return {kTimeout, "the server did not answer in time"};
    return {kCancelled, "the call was cancelled"};
}

void CallState::end(ErrorCode why) {
    if (ended_ || !transport_) return;
    ended_ = why;
    if (transport_) transport_->close();
    headSent_.notify();
}

net::Task<Result<>> CallState::flush() {
    const auto self = shared_from_this();
    while (writing_ && !ended_) co_await headSent_.wait();
    if (ended_) co_return fail(reasonFor(Error(kCancelled, "")));
    if (outgoing_.empty() || !transport_) co_return Result<>{};
    writing_ = true;
    dispatched_ = true;
    Bytes piece;
    piece.swap(outgoing_);
    std::optional<Error> failure;
    for (BytesView rest(piece); !rest.empty();) {
        if (limits_.idle) writeWatchdog_->arm(*limits_.idle);
        const auto count = co_await transport_->write(rest);
        if (!count) {
            failure = count.error();
            break;
        }
        rest = rest.subspan(*count);
        if (awaitingHead_ && limits_.head) readWatchdog_->arm(*limits_.head);
    }
    writeWatchdog_->disarm();
    writing_ = false;
    headSent_.notify();
    if (failure) co_return fail(reasonFor(*failure));
    co_return Result<>{};
}

net::Task<Result<>> CallState::writeBody(BytesView bytes) {
    const auto self = shared_from_this();
    if (requestDone_) co_return fail(kMisuse, "the request was finished already");
    // The server answered to the end without waiting for the body, and the connection is not ours
    // any more.
    if (!transport_)
        co_return fail(kConnectionLost, "the server has answered and wants no more of the request");
    if (bytes.empty()) co_return Result<>{};
    if (streaming_) {
        append(outgoing_, bytes);
        co_return co_await flush();
    }
    written_ += bytes.size();
    const bool promised =
        framing_.kind == BodyFraming::Kind::Chunked ||
        (framing_.kind == BodyFraming::Kind::Length && written_ <= framing_.length);
    if (!promised) {
        end(kCancelled);
        co_return fail(kBodyLengthMismatch, "more octets of the request than its head promised");
    }
    if (framing_.kind == BodyFraming::Kind::Chunked)
        appendChunk(outgoing_, bytes);
    else
        append(outgoing_, bytes);
    co_return co_await flush();
}

net::Task<Result<>> CallState::finishRequest() {
    const auto self = shared_from_this();
    if (requestDone_) co_return Result<>{};
    if (mayStream_) {
        requestDone_ = true;
        if (streaming_ && transport_) co_await transport_->endWriting();
        co_return Result<>{};
    }
    if (framing_.kind == BodyFraming::Kind::Length && written_ < framing_.length) {
        end(kCancelled);
        co_return fail(kBodyLengthMismatch, "fewer octets of the request than its head promised");
    }
    if (!transport_) co_return Result<>{};
    if (framing_.kind == BodyFraming::Kind::Chunked) appendLastChunk(outgoing_);
    PCG_CO_CHECK(co_await flush());
    requestDone_ = true;
    settle();
    co_return Result<>{};
}

// Reads at least one octet; 0 when the server ended the stream.
net::Task<Result<std::size_t>> CallState::more() {
    const auto limit = awaitingHead_ ? limits_.head : limits_.idle;
    if (limit) readWatchdog_->arm(*limit);
    const auto buffer = input_.prepare(kReadBytes);
    auto count = co_await transport_->read(buffer);
    readWatchdog_->disarm();
    if (!count) co_return fail(reasonFor(count.error()));
    if (ended_) co_return fail(reasonFor(Error(kCancelled, "")));
    input_.commit(*count);
    co_return *count;
}

net::Task<Result<ResponseHead>> CallState::readHead() {
    const auto self = shared_from_this();
    if (haveHead_) co_return parser_.head();
    if (ended_) co_return fail(reasonFor(Error(kCancelled, "")));
    awaitingHead_ = true;
    // A failed write is not the end: the server may have answered and stopped reading.
    if (!outgoing_.empty() && !writing_) co_await flush();
    for (;;) {
        PCG_CO_TRY(const std::size_t used, parser_.putHead(input_.data()));
        input_.consume(used);
        const int status = used > 0 ? parser_.head().status : 0;
        if (status >= 200) break;
        if (status == 101 && mayStream_) {
            streaming_ = haveHead_ = true;
            awaitingHead_ = false;
            auto head = parser_.head();
            head.body = BodyFraming::chunked();
            co_return head;
        }
        if (status == 101)
            co_return fail(kBadResponse, "the server switched protocols without being asked");
        if (status > 0) {
            parser_ = ResponseParser(answerTo_);
            continue;
        }
        if (input_.size() > kMaxHeadBytes)
            co_return fail(kBadResponse, "the head of the server's answer is too large");
        PCG_CO_TRY(const std::size_t count, co_await more());
        if (count == 0)
            co_return fail(kConnectionLost, "the server closed the connection without an answer");
    }
    awaitingHead_ = false;
    haveHead_ = true;
    if (parser_.complete()) {
        complete_ = true;
        settle();
    }
    co_return parser_.head();
}

net::Task<Result<std::size_t>> CallState::readBody(MutableBytes buffer) {
    const auto self = shared_from_this();
    if (!haveHead_) co_return fail(kMisuse, "read the head first");
    if (ended_ && !complete_) co_return fail(reasonFor(Error(kCancelled, "")));
    if (buffer.empty()) co_return std::size_t{0};
    if (streaming_) co_return co_await readStream(buffer);
    while (!complete_) {
        PCG_CO_TRY(const BodyStep step, parser_.step(input_.data(), buffer));
        input_.consume(step.consumed);
        if (step.complete) complete_ = true;
        if (step.produced > 0) {
            if (complete_) settle();
            co_return step.produced;
        }
        if (complete_) break;
        if (input_.size() > kMaxHeadBytes)
            co_return fail(kBadResponse, "the server's answer is not well framed");
        PCG_CO_TRY(const std::size_t count, co_await more());
        if (count > 0) continue;
        PCG_CO_CHECK(parser_.putEnd());
        complete_ = true;
    }
    settle();
    co_return std::size_t{0};
}

// As they come, and for as long as they take: who opened the stream bounds its silence.
net::Task<Result<std::size_t>> CallState::readStream(MutableBytes buffer) {
    if (!input_.empty()) {
        const auto piece = input_.data().first(std::min(buffer.size(), input_.size()));
        std::copy(piece.begin(), piece.end(), buffer.begin());
        const auto count = piece.size();
        input_.consume(count);
        co_return count;
    }
    auto count = co_await transport_->read(buffer);
    if (!count) co_return fail(reasonFor(count.error()));
    co_return *count;
}

// The connection goes home when both directions are done; anything unexpected in the buffer makes
// it unusable.
void CallState::settle() {
    if (!complete_ || !transport_ || writing_) return;
    if (!requestDone_ && framing_.kind == BodyFraming::Kind::None && outgoing_.empty())
        requestDone_ = true;
    if (requestDone_ && parser_.keepAlive() && input_.empty() && transport_->idleAndOpen()) {
        home_->giveBack(std::move(transport_));
    } else if (requestDone_ || !parser_.keepAlive()) {
        transport_->close();
    }
}

class ClientCall final : public Call {
  public:
    explicit ClientCall(std::shared_ptr<CallState> state) : state_(std::move(state)) {}

    ~ClientCall() override { state_->end(kCancelled); }

    net::Task<Result<>> writeBody(BytesView bytes) override { return state_->writeBody(bytes); }

    net::Task<Result<>> finishRequest() override { return state_->finishRequest(); }

    net::Task<Result<ResponseHead>> readHead() override { return state_->readHead(); }

    net::Task<Result<std::size_t>> readBody(MutableBytes buffer) override {
        return state_->readBody(buffer);
    }

    void cancel() override { state_->end(kCancelled); }

    Outcome outcome() const override { return state_->outcome(); }

  private:
    std::shared_ptr<CallState> state_;
};

}  // namespace

std::unique_ptr<Call> makeClientCall(net::Executor executor,
                                     std::shared_ptr<ConnectionHome> home,
                                     std::unique_ptr<Transport> transport,
                                     RequestHead head,
                                     std::string headText,
                                     CallLimits limits) {
    auto state = std::make_shared<CallState>(executor,
                                             std::move(home),
                                             std::move(transport),
                                             std::move(head),
                                             std::move(headText),
                                             limits);
    state->watch(executor);
    return std::make_unique<ClientCall>(std::move(state));
}

}  // namespace pcg::http
