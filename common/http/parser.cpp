// SPDX-License-Identifier: Apache-2.0
#include "common/http/parser.h"

#include "common/http/errc.h"

#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>

namespace pcg::http {

namespace {

namespace beast = boost::beast;

constexpr std::uint32_t kHeadLimit =
    128 * 1024;  // admission is stricter; this bounds trailers and responses

boost::asio::const_buffer view(BytesView bytes) { return {bytes.data(), bytes.size()}; }

Error badBody(const beast::error_code& error) {
    return {kBadBody,
            "the body's framing is broken (" + error.message() + "); the message is not used"};
}

template <class Parser>
Result<BodyStep> stepBody(Parser& parser, BytesView in, MutableBytes out) {
    auto& body = parser.get().body();
    body.data = out.data();
    body.size = out.size();
    body.more = true;
    BodyStep step;
    while (!parser.is_done()) {
        beast::error_code error;
        const auto used = parser.put(view(in.subspan(step.consumed)), error);
        step.consumed += used;
        if (error == beast::http::error::need_buffer || error == beast::http::error::need_more)
            break;
        if (error) return fail(badBody(error));
        if (body.size == 0) break;
        if (used == 0) break;
    }
    step.produced = out.size() - body.size;
    step.complete = parser.is_done();
    return step;
}

std::string_view text(beast::string_view view) { return {view.data(), view.size()}; }

}  // namespace

struct RequestBodyParser::State {
    beast::http::request_parser<beast::http::buffer_body> parser;
};

RequestBodyParser::RequestBodyParser(std::unique_ptr<State> state) : state_(std::move(state)) {}

RequestBodyParser::RequestBodyParser(RequestBodyParser&&) noexcept = default;
RequestBodyParser& RequestBodyParser::operator=(RequestBodyParser&&) noexcept = default;
RequestBodyParser::~RequestBodyParser() = default;

Result<RequestBodyParser> RequestBodyParser::create(std::string_view rawHead,
                                                    const AdmittedRequest& admitted) {
    auto state = std::make_unique<State>();
    auto& parser = state->parser;
    parser.header_limit(kHeadLimit);
    parser.body_limit(boost::none);
    beast::error_code error;
    const auto used = parser.put(view(asBytes(rawHead)), error);
    const auto& framing = admitted.head.body;
    const auto length = parser.content_length();
    const bool agrees =
        !error && used == rawHead.size() && parser.is_header_done() &&
        text(parser.get().method_string()) == admitted.head.method &&
        parser.chunked() == (framing.kind == BodyFraming::Kind::Chunked) &&
        (framing.kind != BodyFraming::Kind::Length || (length && *length == framing.length)) &&
        (framing.kind != BodyFraming::Kind::None || parser.is_done());
    if (!agrees)
        return fail(kBadFraming, "the request can be read in two ways; send it in its plain form");
    return RequestBodyParser(std::move(state));
}

Result<BodyStep> RequestBodyParser::step(BytesView in, MutableBytes out) {
    return stepBody(state_->parser, in, out);
}

struct ResponseParser::State {
    beast::http::response_parser<beast::http::buffer_body> parser;
    ResponseHead head;
    AnswerTo answerTo = AnswerTo::Other;
};

ResponseParser::ResponseParser(AnswerTo answerTo) : state_(std::make_unique<State>()) {
    state_->answerTo = answerTo;
    state_->parser.header_limit(kHeadLimit);
    state_->parser.body_limit(boost::none);
    if (answerTo == AnswerTo::Head) state_->parser.skip(true);
}

ResponseParser::ResponseParser(ResponseParser&&) noexcept = default;
ResponseParser& ResponseParser::operator=(ResponseParser&&) noexcept = default;
ResponseParser::~ResponseParser() = default;

Result<std::size_t> ResponseParser::putHead(BytesView in) {
    auto& parser = state_->parser;
    beast::error_code error;
    const auto used = parser.put(view(in), error);
    if (error == beast::http::error::need_more) return std::size_t{0};
    if (error)
        return fail(kBadResponse, "the server's answer is not HTTP (" + error.message() + ")");
    if (!parser.is_header_done()) return std::size_t{0};
    auto& head = state_->head;
    const auto& message = parser.get();
    head.status = static_cast<int>(message.result_int());
    head.reason = std::string(text(message.reason()));
    for (const auto& field : message) {
        if (field.name() == beast::http::field::content_length ||
            field.name() == beast::http::field::transfer_encoding)
            continue;
        head.headers.add(std::string(text(field.name_string())), std::string(text(field.value())));
    }
    const auto length = parser.content_length();
    const bool bodiless = head.status / 100 == 1 || head.status == 204 || head.status == 304;
    if (bodiless)
        head.body = BodyFraming::none();
    else if (length)
        head.body = BodyFraming::ofLength(*length);
    else if (parser.is_done() && state_->answerTo != AnswerTo::Head)
        head.body = BodyFraming::none();
    else
        head.body = BodyFraming::chunked();  // also for a body that ends with the connection
    return used;
}

const ResponseHead& ResponseParser::head() const { return state_->head; }

Result<BodyStep> ResponseParser::step(BytesView in, MutableBytes out) {
    auto step = stepBody(state_->parser, in, out);
    if (!step) return fail(kBadResponse, step.error().message());
    return step;
}

Result<> ResponseParser::putEnd() {
    auto& parser = state_->parser;
    beast::error_code error;
    if (parser.is_header_done() && !parser.is_done()) parser.put_eof(error);
    if (error || !parser.is_done())
        return fail(kTruncated, "the server closed the connection before its answer was complete");
    return {};
}

bool ResponseParser::complete() const { return state_->parser.is_done(); }

bool ResponseParser::keepAlive() const { return state_->parser.keep_alive(); }

}  // namespace pcg::http
