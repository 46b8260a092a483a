// SPDX-License-Identifier: Apache-2.0
#include "common/wire/http_head.h"

#include "common/base/text.h"
#include "common/wire/errc.h"
#include "common/wire/limits.h"
#include "common/wire/octets.h"

#include <algorithm>

namespace pcg::wire {
namespace {

constexpr std::uint8_t kRequestFormat = 1;
constexpr std::uint8_t kResponseFormat = 2;
constexpr std::size_t kMaxReasonBytes = 128;

auto bad(std::string_view what) {
    return fail(kBadHead,
                "An HTTP head on the bus was refused: " + std::string(what) +
                    ". Send a request that RFC 9110 allows.");
}

auto tooLarge(std::string_view what) {
    return fail(
        kTooLarge,
        "The HTTP head is too large: " + std::string(what) + ". Send fewer or shorter fields.");
}

bool isTokenChar(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool isToken(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), isTokenChar);
}

// RFC 9110 5.5: visible characters, blanks, obs-text; no control characters.
bool isFieldValue(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) {
        const auto octet = static_cast<std::uint8_t>(c);
        return octet == '\t' || (octet >= 0x20 && octet != 0x7f);
    });
}

bool isTarget(std::string_view text) {
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

bool isFramingName(std::string_view name) {
    return equalsIgnoreCaseAscii(name, "content-length") ||
           equalsIgnoreCaseAscii(name, "transfer-encoding");
}

Result<> checkHeaders(const std::vector<HeaderField>& headers) {
    if (headers.size() > kMaxHeaders)
        return tooLarge("more than " + std::to_string(kMaxHeaders) + " fields");
    for (const auto& [name, value] : headers) {
        if (name.size() > kMaxHeaderNameBytes) return tooLarge("a field name");
        if (value.size() > kMaxHeadBytes) return tooLarge("the field " + name);
        if (!isToken(name)) return bad("a field name is not a token");
        if (!isFieldValue(value)) return bad("the field " + name + " has a control character");
        if (isFramingName(name))
            return bad("the field " + name + " must not travel: framing is a value of its own");
    }
    return {};
}

Result<> checkFraming(const Framing& framing) {
    if (framing.kind != Framing::Kind::Length && framing.length != 0)
        return bad("a length without its kind");
    return {};
}

Result<> check(const RequestHead& head) {
    if (!parseEndpointId(head.endpoint.text())) return bad("the endpoint id is malformed");
    if (!parseRequestId(head.requestId.text())) return bad("the request id is malformed");
    if (head.ttl.count() < 0 || head.ttl > kMaxOpenTtl)
        return bad("the time to live is out of range");
    if (head.method.size() > kMaxMethodBytes) return tooLarge("the method");
    if (head.target.size() > kMaxTargetBytes) return tooLarge("the target");
    if (!isToken(head.method)) return bad("the method is not a token");
    if (!isTarget(head.target)) return bad("the target has a character that must be escaped");
    PCG_TRY(checkFraming(head.framing));
    return checkHeaders(head.headers);
}

Result<> check(const ResponseHead& head) {
    if (head.status < 100 || head.status > 599) return bad("the status is not in 100..599");
    if (head.reason.size() > kMaxReasonBytes) return tooLarge("the reason phrase");
    if (!isFieldValue(head.reason)) return bad("the reason phrase has a control character");
    PCG_TRY(checkFraming(head.framing));
    return checkHeaders(head.headers);
}

void putShort(Bytes& to, std::string_view text) {
    putInteger(to, static_cast<std::uint16_t>(text.size()));
    append(to, asBytes(text));
}

void putCommon(Bytes& to, const Framing& framing, const std::vector<HeaderField>& headers) {
    putInteger(to, static_cast<std::uint8_t>(framing.kind));
    putInteger(to, framing.length);
    putInteger(to, static_cast<std::uint16_t>(headers.size()));
    for (const auto& [name, value] : headers) {
        putShort(to, name);
        putInteger(to, static_cast<std::uint32_t>(value.size()));
        append(to, asBytes(value));
    }
}

std::string takeShort(OctetReader& reader) {
    const auto size = reader.integer<std::uint16_t>();
    return std::string(reader.text(size));
}

Result<> takeCommon(OctetReader& reader, Framing& framing, std::vector<HeaderField>& headers) {
    const auto kind = reader.integer<std::uint8_t>();
    if (kind > static_cast<std::uint8_t>(Framing::Kind::Chunked))
        return bad("the kind of framing is not known");
    framing.kind = static_cast<Framing::Kind>(kind);
    framing.length = reader.integer<std::uint64_t>();
    const auto count = reader.integer<std::uint16_t>();
    if (count > kMaxHeaders)
        return tooLarge("more than " + std::to_string(kMaxHeaders) + " fields");
    headers.reserve(count);
    for (unsigned i = 0; i < count && reader.ok(); ++i) {
        auto name = takeShort(reader);
        const auto size = reader.integer<std::uint32_t>();
        headers.push_back({std::move(name), std::string(reader.text(size))});
    }
    if (!reader.ok()) return bad("it ends too early");
    if (!reader.atEnd()) return bad("something follows its end");
    return {};
}

Result<Bytes> bounded(Bytes bytes) {
    if (bytes.size() > kMaxHeadBytes) return tooLarge(std::to_string(bytes.size()) + " bytes");
    return bytes;
}

}  // namespace

Result<Bytes> encode(const RequestHead& head) {
    PCG_TRY(check(head));
    Bytes bytes;
    putInteger(bytes, kRequestFormat);
    putShort(bytes, head.endpoint.text());
    putShort(bytes, head.requestId.text());
    putInteger(bytes, static_cast<std::uint32_t>(head.ttl.count()));
    putInteger(bytes, static_cast<std::uint8_t>(head.surface));
    putShort(bytes, head.method);
    putShort(bytes, head.target);
    putCommon(bytes, head.framing, head.headers);
    return bounded(std::move(bytes));
}

Result<Bytes> encode(const ResponseHead& head) {
    PCG_TRY(check(head));
    Bytes bytes;
    putInteger(bytes, kResponseFormat);
    putInteger(bytes, static_cast<std::uint16_t>(head.status));
    putShort(bytes, head.reason);
    putCommon(bytes, head.framing, head.headers);
    return bounded(std::move(bytes));
}

Result<RequestHead> decodeRequestHead(BytesView bytes) {
    if (bytes.size() > kMaxHeadBytes) return tooLarge(std::to_string(bytes.size()) + " bytes");
    OctetReader reader(bytes);
    if (reader.integer<std::uint8_t>() != kRequestFormat) return bad("it is not a request head");
    RequestHead head;
    head.endpoint = EndpointId::unchecked(takeShort(reader));
    head.requestId = RequestId::unchecked(takeShort(reader));
    head.ttl = std::chrono::milliseconds(reader.integer<std::uint32_t>());
    const auto surface = reader.integer<std::uint8_t>();
    if (surface > static_cast<std::uint8_t>(Surface::Gateway))
        return bad("the surface is not known");
    head.surface = static_cast<Surface>(surface);
    head.method = takeShort(reader);
    head.target = takeShort(reader);
    PCG_TRY(takeCommon(reader, head.framing, head.headers));
    PCG_TRY(check(head));
    return head;
}

Result<ResponseHead> decodeResponseHead(BytesView bytes) {
    if (bytes.size() > kMaxHeadBytes) return tooLarge(std::to_string(bytes.size()) + " bytes");
    OctetReader reader(bytes);
    if (reader.integer<std::uint8_t>() != kResponseFormat) return bad("it is not a response head");
    ResponseHead head;
    head.status = reader.integer<std::uint16_t>();
    head.reason = takeShort(reader);
    PCG_TRY(takeCommon(reader, head.framing, head.headers));
    PCG_TRY(check(head));
    return head;
}

}  // namespace pcg::wire
