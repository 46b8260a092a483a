// SPDX-License-Identifier: Apache-2.0
#include "common/http/wire_format.h"

#include "common/base/text.h"
#include "common/http/admission.h"
#include "common/http/errc.h"
#include "common/http/problem.h"
#include "common/http/stream_request.h"

#include <algorithm>
#include <charconv>

namespace pcg::http {

namespace {

bool isFraming(std::string_view name) {
    return equalsIgnoreCaseAscii(name, "Content-Length") ||
           equalsIgnoreCaseAscii(name, "Transfer-Encoding");
}

Result<> appendHeaders(std::string& out, const HeaderList& headers) {
    for (const auto& header : headers) {
        if (isFraming(header.name)) continue;
        if (!isToken(header.name) || !isFieldValue(header.value))
            return fail(kBadHeader,
                        "a header to be sent is not well formed; drop it or encode its value");
        out.append(header.name).append(": ").append(header.value).append("\r\n");
    }
    return {};
}

void appendFraming(std::string& out, const BodyFraming& framing) {
    if (framing.kind == BodyFraming::Kind::Length)
        out.append("Content-Length: ").append(std::to_string(framing.length)).append("\r\n");
    if (framing.kind == BodyFraming::Kind::Chunked) out.append("Transfer-Encoding: chunked\r\n");
}

}  // namespace

Result<std::string> formatRequestHead(const RequestHead& head) {
    const auto isPlain = [](char c) { return c > ' ' && c < 0x7f; };
    if (!isToken(head.method) || head.target.empty() ||
        !std::all_of(head.target.begin(), head.target.end(), isPlain))
        return fail(kBadTarget, "the request to be sent has a malformed method or target");
    std::string out;
    out.reserve(512);
    out.append(head.method).append(" ").append(head.target).append(" HTTP/1.1\r\n");
    PCG_TRY(appendHeaders(out, head.headers));
    if (mayBecomeStream(head)) {
        if (head.method != "CONNECT") out.append("Connection: Upgrade\r\n");
        return out.append("\r\n");
    }
    // A method that may carry a body says when it does not (RFC 9110 8.6).
    const bool mayCarry = head.method == "POST" || head.method == "PUT" || head.method == "PATCH";
    if (head.body.kind == BodyFraming::Kind::None && mayCarry) out.append("Content-Length: 0\r\n");
    appendFraming(out, head.body);
    return out.append("\r\n");
}

namespace {

// The status line and the fields.
Result<std::string> beginResponse(const ResponseHead& head, int lowest) {
    if (head.status < lowest || head.status > 999 || !isFieldValue(head.reason))
        return fail(kBadResponse, "the answer to be sent has a malformed status");
    std::string out;
    out.reserve(512);
    const auto reason =
        head.reason.empty() ? standardReason(head.status) : std::string_view(head.reason);
    out.append("HTTP/1.1 ")
        .append(std::to_string(head.status))
        .append(" ")
        .append(reason)
        .append("\r\n");
    PCG_TRY(appendHeaders(out, head.headers));
    return out;
}

}  // namespace

Result<std::string> formatStreamHead(const ResponseHead& head) {
    auto out = PCG_TRY(beginResponse(head, 101));
    if (head.status == 101) out.append("Connection: Upgrade\r\n");
    return out.append("\r\n");
}

Result<std::string> formatResponseHead(const ResponseHead& head, ConnectionUse use) {
    auto out = PCG_TRY(beginResponse(head, 200));
    const bool bodiless = head.status == 204 || head.status == 304;
    if (!bodiless) {
        if (head.body.kind == BodyFraming::Kind::None) out.append("Content-Length: 0\r\n");
        if (use != ConnectionUse::CloseDelimited) appendFraming(out, head.body);
    }
    if (use != ConnectionUse::KeepAlive) out.append("Connection: close\r\n");
    return out.append("\r\n");
}

void appendChunk(Bytes& out, BytesView data) {
    if (data.empty()) return;
    char size[20];
    const auto [end, error] = std::to_chars(size, size + sizeof size, data.size(), 16);
    append(out, asBytes(std::string_view(size, static_cast<std::size_t>(end - size))));
    append(out, asBytes("\r\n"));
    append(out, data);
    append(out, asBytes("\r\n"));
}

void appendLastChunk(Bytes& out) { append(out, asBytes("0\r\n\r\n")); }

}  // namespace pcg::http
