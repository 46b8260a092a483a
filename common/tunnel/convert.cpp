// SPDX-License-Identifier: Apache-2.0
#include "common/tunnel/convert.h"

#include "common/http/errc.h"
#include "common/tunnel/errc.h"

#include <utility>

namespace pcg::tunnel {
namespace {

wire::Framing toWire(const http::BodyFraming& framing) {
    switch (framing.kind) {
        case http::BodyFraming::Kind::Length:
            return {wire::Framing::Kind::Length, framing.length};
        case http::BodyFraming::Kind::Chunked:
            return {wire::Framing::Kind::Chunked, 0};
        case http::BodyFraming::Kind::None:
            break;
    }
    return {};
}

http::BodyFraming toHttp(const wire::Framing& framing) {
    switch (framing.kind) {
        case wire::Framing::Kind::Length:
            return http::BodyFraming::ofLength(framing.length);
        case wire::Framing::Kind::Chunked:
            return http::BodyFraming::chunked();
        case wire::Framing::Kind::None:
            break;
    }
    return http::BodyFraming::none();
}

std::vector<wire::HeaderField> toWire(const http::HeaderList& headers) {
    std::vector<wire::HeaderField> fields;
    fields.reserve(headers.size());
    for (const auto& header : headers) fields.push_back({header.name, header.value});
    return fields;
}

http::HeaderList toHttp(std::vector<wire::HeaderField> fields) {
    http::HeaderList headers;
    for (auto& field : fields) headers.add(std::move(field.name), std::move(field.value));
    return headers;
}

ErrorCode codeOf(const stream::Failure& failure) {
    switch (failure.code) {
        case wire::ResetCode::Cancelled:
            return failure.byPeer ? kPeerGone : http::kCancelled;
        case wire::ResetCode::Refused:
            return failure.outcome == wire::Outcome::NotDispatched && !failure.byPeer ? kOffline
                                                                                      : kRefused;
        case wire::ResetCode::Overloaded:
            return kOverloaded;
        case wire::ResetCode::Expired:
            return kExpired;
        case wire::ResetCode::UpstreamFailed:
            return kUpstream;
        default:
            return kLost;
    }
}

}  // namespace

void toWire(http::RequestHead from, wire::RequestHead& to) {
    to.method = std::move(from.method);
    to.target = std::move(from.target);
    to.headers = toWire(from.headers);
    to.framing = toWire(from.body);
}

wire::ResponseHead toWire(http::ResponseHead from) {
    return {.status = from.status,
            .reason = std::move(from.reason),
            .headers = toWire(from.headers),
            .framing = toWire(from.body)};
}

http::RequestHead toHttp(wire::RequestHead from) {
    return {.method = std::move(from.method),
            .target = std::move(from.target),
            .headers = toHttp(std::move(from.headers)),
            .body = toHttp(from.framing)};
}

http::ResponseHead toHttp(wire::ResponseHead from) {
    return {.status = from.status,
            .reason = std::move(from.reason),
            .headers = toHttp(std::move(from.headers)),
            .body = toHttp(from.framing)};
}

http::Outcome toHttp(wire::Outcome outcome) {
    switch (outcome) {
        case wire::Outcome::NotDispatched:
            return http::Outcome::NotDispatched;
        case wire::Outcome::Complete:
            return http::Outcome::Complete;
        case wire::Outcome::Unknown:
            break;
    }
    return http::Outcome::Unknown;
}

Error toError(const stream::Failure& failure) {
    auto text = failure.text.empty() ? std::string("The transfer was broken off.") : failure.text;
    return Error(codeOf(failure), std::move(text));
}

}  // namespace pcg::tunnel
