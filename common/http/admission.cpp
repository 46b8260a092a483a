// SPDX-License-Identifier: Apache-2.0
#include "common/http/admission.h"

#include "common/base/text.h"
#include "common/http/errc.h"
#include "common/http/stream_request.h"

#include <algorithm>
#include <array>

namespace pcg::http {

namespace {

constexpr std::string_view kTokenMarks = "!#$%&'*+-.^_`|~";
constexpr std::size_t kMaxMethod = 24;
constexpr std::size_t kMaxHostLength = 255;

bool isDigit(char c) { return c >= '0' && c <= '9'; }

bool isAlpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool isTokenCharacter(char c) {
    return isDigit(c) || isAlpha(c) || kTokenMarks.find(c) != std::string_view::npos;
}

bool isUnreserved(char c) {
    return isDigit(c) || isAlpha(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

int hexValue(char c) {
    if (isDigit(c)) return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

Error badTarget(std::string_view why) {
    return {
        kBadTarget,
        "the request target " + std::string(why) + "; send the path in its plain form, /a/b?query"};
}

Error badFraming(std::string_view why) {
    return {kBadFraming,
            "the request's length is ambiguous: " + std::string(why) +
                "; send one Content-Length or one 'Transfer-Encoding: chunked'"};
}

Error badHeader(std::string_view why) {
    return {kBadHeader,
            "a header line " + std::string(why) + "; send 'Name: value' lines ended by CR LF"};
}

struct RequestLine {
    std::string_view method;
    std::string_view target;
    bool http10 = false;
};

Result<RequestLine> parseRequestLine(std::string_view line) {
    const auto bad = [](std::string_view why) {
        return fail(kBadRequestLine,
                    "the request line " + std::string(why) +
                        "; send 'METHOD /path HTTP/1.1' with single blanks");
    };
    const auto parts = split(line, ' ');
    if (parts.size() != 3) return bad("does not have three parts");
    if (!isToken(parts[0]) || parts[0].size() > kMaxMethod) return bad("has a malformed method");
    if (parts[2] != "HTTP/1.1" && parts[2] != "HTTP/1.0")
        return fail(kBadVersion, "only HTTP/1.1 and HTTP/1.0 are spoken here");
    return RequestLine{parts[0], parts[1], parts[2] == "HTTP/1.0"};
}

// A name that a CGI-style translation ('_' for '-') would turn into one that frames or routes the
// message.
bool imitatesFraming(std::string_view name) {
    if (name.find('_') == std::string_view::npos) return false;
    std::string dashed(name);
    std::replace(dashed.begin(), dashed.end(), '_', '-');
    return equalsIgnoreCaseAscii(dashed, "Content-Length") ||
           equalsIgnoreCaseAscii(dashed, "Transfer-Encoding") ||
           equalsIgnoreCaseAscii(dashed, "Host");
}

Result<Header> parseHeaderLine(std::string_view line) {
    if (line.front() == ' ' || line.front() == '\t')
        return fail(badHeader("is folded onto the next one (obsolete)"));
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return fail(badHeader("has no colon"));
    const auto name = line.substr(0, colon);
    if (!isToken(name))
        return fail(badHeader("has a name with characters that a name may not have"));
    if (imitatesFraming(name)) return fail(badHeader("has a name that imitates a framing header"));
    auto value = line.substr(colon + 1);
    while (!value.empty() && (value.front() == ' ' || value.front() == '\t'))
        value.remove_prefix(1);
    while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.remove_suffix(1);
    if (!isFieldValue(value)) return fail(badHeader("has a control character in its value"));
    return Header{std::string(name), std::string(value)};
}

// Cuts at CR LF only; a CR or LF anywhere else is an error.
Result<std::vector<std::string_view>> cutLines(std::string_view head) {
    std::vector<std::string_view> lines;
    while (!head.empty()) {
        const auto end = head.find_first_of("\r\n");
        if (end == std::string_view::npos || head.substr(end, 2) != "\r\n")
            return fail(badHeader("is not ended by CR LF"));
        lines.push_back(head.substr(0, end));
        head.remove_prefix(end + 2);
    }
    if (lines.size() < 2 || !lines.back().empty())
        return fail(badHeader("is missing: the head has no end"));
    lines.pop_back();
    return lines;
}

Result<HeaderList> parseHeaders(const std::vector<std::string_view>& lines,
                                const AdmissionRules& rules) {
    if (lines.size() - 1 > rules.maxHeaderCount)
        return fail(kHeadTooLarge,
                    "the request has more than " + std::to_string(rules.maxHeaderCount) +
                        " header lines; send fewer");
    HeaderList headers;
    for (std::size_t i = 1; i < lines.size(); ++i) {
        if (lines[i].empty()) return fail(badHeader("is empty"));
        auto header = PCG_TRY(parseHeaderLine(lines[i]));
        headers.add(std::move(header.name), std::move(header.value));
    }
    return headers;
}

Result<BodyFraming> takeFraming(HeaderList& headers, bool http10) {
    const auto lengths = headers.count("Content-Length");
    const auto encodings = headers.count("Transfer-Encoding");
    if (lengths > 1) return fail(badFraming("Content-Length is there more than once"));
    if (encodings > 1) return fail(badFraming("Transfer-Encoding is there more than once"));
    if (lengths == 1 && encodings == 1)
        return fail(badFraming("Content-Length and Transfer-Encoding are both there"));
    BodyFraming framing;
    if (encodings == 1) {
        if (http10) return fail(badFraming("HTTP/1.0 knows no Transfer-Encoding"));
        if (!equalsIgnoreCaseAscii(*headers.find("Transfer-Encoding"), "chunked"))
            return fail(badFraming("the Transfer-Encoding is not 'chunked'"));
        framing = BodyFraming::chunked();
    }
    if (lengths == 1) {
        const auto& text = *headers.find("Content-Length");
        const auto length = parseUnsigned(text);
        constexpr std::size_t kMaxDigits = 18;  // no overflow in any signed 64-bit count behind us
        if (text.size() > kMaxDigits || !length)
            return fail(badFraming("Content-Length is not a plain number"));
        framing = BodyFraming::ofLength(*length);
    }
    headers.remove("Content-Length");
    headers.remove("Transfer-Encoding");
    return framing;
}

Result<std::string> hostWithoutPort(std::string_view host) {
    const auto bad = [](std::string_view why) {
        return fail(kBadHost, "Host " + std::string(why) + "; send the name that the URL has");
    };
    if (host.empty() || host.size() > kMaxHostLength) return bad("is empty or too long");
    std::size_t end = 0;
    if (host.front() == '[') {
        end = host.find(']');
        if (end == std::string_view::npos || end < 3) return bad("has a malformed IPv6 address");
        const auto inner = host.substr(1, end - 1);
        if (!std::all_of(inner.begin(), inner.end(), [](char c) {
                return hexValue(c) >= 0 || c == ':' || c == '.';
            }))
            return bad("has a malformed IPv6 address");
        ++end;
    } else {
        while (end < host.size() && (isDigit(host[end]) || isAlpha(host[end]) || host[end] == '-' ||
                                     host[end] == '.' || host[end] == '_'))
            ++end;
        if (end == 0) return bad("does not begin with a name");
    }
    const auto rest = host.substr(end);
    if (!rest.empty()) {
        const auto port = rest.front() == ':' ? parseUnsigned(rest.substr(1)) : std::nullopt;
        if (!port || rest.size() > 6 || *port == 0 || *port > 65535)
            return bad("has a malformed name or port");
    }
    return toLowerAscii(host.substr(0, end));
}

Result<std::string> checkHost(const HeaderList& headers, const AdmissionRules& rules) {
    if (headers.count("Host") != 1)
        return fail(kBadHost,
                    headers.count("Host") == 0 ? "the request has no Host header; send one"
                                               : "the request has two Host headers; send one");
    auto host = PCG_TRY(hostWithoutPort(*headers.find("Host")));
    const auto& allowed = rules.allowedHosts;
    if (!allowed.empty() && std::find(allowed.begin(), allowed.end(), host) == allowed.end())
        return fail(
            kForeignHost,
            "nothing here answers for the host '" + host + "'; use the URL as it was given");
    return host;
}

// Of a CONNECT: Host says nothing that the target does not say (RFC 9112 3.2.2), HTTP/1.0 clients
// leave it out, and what follows the head belongs to the tunnel, so no length can be right.
Result<std::string> checkTunnel(AdmittedRequest& request) {
    auto& head = request.head;
    if (head.headers.count("Host") > 1)
        return fail(kBadHost, "the request has two Host headers; send one");
    if (const auto* host = head.headers.find("Host")) PCG_TRY(hostWithoutPort(*host));
    if (head.body.kind == BodyFraming::Kind::Chunked || head.body.length > 0)
        return fail(badFraming("a CONNECT has no body"));
    head.body = BodyFraming::none();
    return hostWithoutPort(head.target);
}

// "Connection" may name fields to be dropped at this hop, but not those that carry the message's
// meaning.
Result<> checkConnection(const HeaderList& headers, AdmittedRequest& request) {
    request.keepAlive = !request.http10;
    for (const auto& header : headers) {
        if (!equalsIgnoreCaseAscii(header.name, "Connection")) continue;
        for (const auto part : split(header.value, ',')) {
            const auto option = trimAscii(part);
            if (equalsIgnoreCaseAscii(option, "close")) request.keepAlive = false;
            for (const std::string_view vital : {"Host", "Content-Length", "Transfer-Encoding"}) {
                if (equalsIgnoreCaseAscii(option, vital))
                    return fail(badHeader("Connection names " + std::string(vital)));
            }
        }
    }
    return {};
}

// Taken by its whole form only; whatever else names an upgrade goes on without it.
void takeUpgrade(AdmittedRequest& request, const AdmissionRules& rules) {
    auto& head = request.head;
    bool isAsked = rules.forms == TargetForms::AlsoAuthority && !request.http10 &&
                   head.target.starts_with(kWebSocketsBelow) && head.body == BodyFraming::none() &&
                   namesWebSocket(head);
    if (isAsked) {
        isAsked = false;
        for (const auto& header : head.headers) {
            if (!equalsIgnoreCaseAscii(header.name, "Connection")) continue;
            for (const auto part : split(header.value, ','))
                isAsked = isAsked || equalsIgnoreCaseAscii(trimAscii(part), "Upgrade");
        }
    }
    if (!isAsked) head.headers.remove("Upgrade");
}

Result<> takeExpect(AdmittedRequest& request) {
    auto& headers = request.head.headers;
    if (headers.count("Expect") == 0) return {};
    if (headers.count("Expect") > 1 ||
        !equalsIgnoreCaseAscii(*headers.find("Expect"), "100-continue"))
        return fail(kBadExpect, "no expectation but '100-continue' can be met here");
    headers.remove("Expect");
    request.expectsContinue = !request.http10 && request.head.body.kind != BodyFraming::Kind::None;
    return {};
}

Result<std::string> checkTarget(const RequestLine& line, const AdmissionRules& rules) {
    if (line.target.size() > rules.maxTargetBytes)
        return fail(kTargetTooLong,
                    "the request target is longer than " + std::to_string(rules.maxTargetBytes) +
                        " octets; shorten it");
    if (line.method == "CONNECT") {
        if (rules.forms != TargetForms::AlsoAuthority)
            return fail(badTarget("asks for a tunnel, which is not offered"));
        const bool hasPort = line.target.find(':', line.target.rfind(']') + 1) !=
                             std::string_view::npos;  // rfind: npos + 1 is the beginning
        if (!hasPort || !hostWithoutPort(line.target)) return fail(badTarget("is not host:port"));
        return std::string(line.target);
    }
    if (line.target == "*") {
        if (rules.forms != TargetForms::AlsoAsterisk || line.method != "OPTIONS")
            return fail(badTarget("is '*', which is not offered"));
        return std::string(line.target);
    }
    return canonicalTarget(line.target);
}

Result<> checkSegment(std::string_view segment, bool last) {
    if (segment.empty() && !last) return fail(badTarget("has an empty path segment (//)"));
    const auto name = segment.substr(0, segment.find(';'));
    if (name == "." || name == "..") return fail(badTarget("has a dot segment"));
    return {};
}

// Appends the one spelling of what an escape means, or refuses it. `path`: the query is data and
// may hold more.
Result<> appendEscape(std::string& out,
                      std::string_view escape,
                      std::string_view behind,
                      bool path) {
    const int high = escape.size() == 3 ? hexValue(escape[1]) : -1;
    const int low = escape.size() == 3 ? hexValue(escape[2]) : -1;
    if (high < 0 || low < 0) return fail(badTarget("has a malformed escape"));
    const char meant = static_cast<char>(high << 4 | low);
    if (meant == '\0') return fail(badTarget("has an encoded NUL"));
    if (path) {
        if (meant == '/' || meant == '\\') return fail(badTarget("has an encoded slash"));
        if (static_cast<unsigned char>(meant) < 0x20 || meant == 0x7f)
            return fail(badTarget("has an encoded control character"));
        // A decoder that runs twice would find a slash, a dot, a backslash or a NUL here.
        constexpr std::array<std::string_view, 4> kTwice{"2f", "2e", "5c", "00"};
        if (meant == '%' && std::any_of(kTwice.begin(), kTwice.end(), [&](auto hex) {
                return equalsIgnoreCaseAscii(behind.substr(0, 2), hex);
            }))
            return fail(badTarget("has a doubly encoded slash or dot"));
        if (isUnreserved(meant)) {
            out += meant;
            return {};
        }
    }
    constexpr std::string_view kHex = "0123456789ABCDEF";
    out += '%';
    out += kHex[static_cast<std::size_t>(high)];
    out += kHex[static_cast<std::size_t>(low)];
    return {};
}

Result<std::string> canonicalPart(std::string_view text, bool path) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '%') {
            PCG_TRY(appendEscape(
                out, text.substr(i, 3), text.substr(std::min(i + 3, text.size())), path));
            i += 2;
        } else if (c <= ' ' || c >= 0x7f || c == '#' || (path && c == '\\')) {
            return fail(badTarget("has a character that must be escaped"));
        } else {
            out += c;
        }
    }
    return out;
}

}  // namespace

bool isToken(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), isTokenCharacter);
}

bool isFieldValue(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) {
        const auto octet = static_cast<unsigned char>(c);
        return (octet >= 0x20 && octet != 0x7f) || c == '\t';
    });
}

Result<std::string> canonicalTarget(std::string_view target) {
    if (target.empty() || target.front() != '/') return fail(badTarget("is not in origin form"));
    const auto question = target.find('?');
    auto canonical = PCG_TRY(canonicalPart(target.substr(0, question), true));
    const auto segments = split(std::string_view(canonical).substr(1), '/');
    for (std::size_t i = 0; i < segments.size(); ++i)
        PCG_TRY(checkSegment(segments[i], i + 1 == segments.size()));
    if (question == std::string_view::npos) return canonical;
    const auto query = PCG_TRY(canonicalPart(target.substr(question + 1), false));
    return canonical + '?' + query;
}

std::size_t findHeadEnd(std::string_view bytes) {
    for (auto lf = bytes.find('\n'); lf != std::string_view::npos; lf = bytes.find('\n', lf + 1)) {
        if (bytes.substr(lf + 1, 1) == "\n") return lf + 2;
        if (bytes.substr(lf + 1, 2) == "\r\n") return lf + 3;
    }
    return 0;
}

Result<AdmittedRequest> admit(std::string_view rawHead, const AdmissionRules& rules) {
    if (rawHead.size() > rules.maxHeadBytes)
        return fail(kHeadTooLarge,
                    "the request head is larger than " + std::to_string(rules.maxHeadBytes) +
                        " octets; send less");
    const auto lines = PCG_TRY(cutLines(rawHead));
    const auto line = PCG_TRY(parseRequestLine(lines.front()));
    AdmittedRequest request;
    request.http10 = line.http10;
    request.head.method = line.method;
    request.head.target = PCG_TRY(checkTarget(line, rules));
    request.head.headers = PCG_TRY(parseHeaders(lines, rules));
    request.head.body = PCG_TRY(takeFraming(request.head.headers, line.http10));
    request.host = line.method == "CONNECT" ? PCG_TRY(checkTunnel(request))
                                            : PCG_TRY(checkHost(request.head.headers, rules));
    PCG_TRY(checkConnection(request.head.headers, request));
    PCG_TRY(takeExpect(request));
    takeUpgrade(request, rules);
    return request;
}

}  // namespace pcg::http
