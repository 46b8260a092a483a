// SPDX-License-Identifier: Apache-2.0
#include "common/oauth/multipart.h"

#include "common/base/bytes.h"
#include "common/base/text.h"
#include "common/codec/base64.h"
#include "common/oauth/errc.h"

#include <algorithm>

namespace pcg::oauth {
namespace {

constexpr std::size_t kLongestBoundary = 70;  // RFC 2046 section 5.1.1
constexpr std::size_t kLongestFields = 8 * 1024;
constexpr std::string_view kCrlf = "\r\n";

tl::unexpected<Error> bad(std::string why) {
    return fail(errc::kBadForm, "multipart/form-data: " + std::move(why));
}

bool isBoundary(std::string_view text) {
    constexpr std::string_view kMarks = "'()+_,-./:=?";
    const auto allowed = [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               kMarks.find(c) != std::string_view::npos;
    };
    return !text.empty() && text.size() <= kLongestBoundary &&
           std::all_of(text.begin(), text.end(), allowed);
}

// A quoted string without escapes, or a token.
Result<std::string> unquote(std::string_view text) {
    const bool quoted = text.size() >= 2 && text.front() == '"' && text.back() == '"';
    if (quoted) text = text.substr(1, text.size() - 2);
    if (text.find_first_of("\"\\") != std::string_view::npos) {
        return bad("a quoted value has an escape or a stray quote");
    }
    if (!quoted && (text.empty() || text.find_first_of(" \t=,") != std::string_view::npos)) {
        return bad("a value must be quoted");
    }
    return std::string(text);
}

// "form-data; name=\"a;b\"": cut at semicolons that are not in quotes.
std::vector<std::string_view> cutParameters(std::string_view text) {
    std::vector<std::string_view> pieces;
    std::size_t begin = 0;
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '"') quoted = !quoted;
        if (text[i] != ';' || quoted) continue;
        pieces.push_back(trimAscii(text.substr(begin, i - begin)));
        begin = i + 1;
    }
    pieces.push_back(trimAscii(text.substr(begin)));
    return pieces;
}

struct Described {
    std::optional<std::string> name;
    std::optional<std::string> filename;
    bool base64 = false;
    bool disposed = false;
    bool encoded = false;
};

Result<> takeDisposition(Described& part, std::string_view value) {
    if (part.disposed) return bad("a part has two Content-Disposition fields");
    part.disposed = true;
    const auto pieces = cutParameters(value);
    if (!equalsIgnoreCaseAscii(pieces.front(), "form-data")) {
        return bad("a part's Content-Disposition is not form-data");
    }
    for (std::size_t i = 1; i < pieces.size(); ++i) {
        const auto equals = std::min(pieces[i].find('='), pieces[i].size());
        const auto name = toLowerAscii(trimAscii(pieces[i].substr(0, equals)));
        if (name != "name" && name != "filename") {
            return bad("a part's Content-Disposition has more than name and filename");
        }
        auto& target = name == "name" ? part.name : part.filename;
        if (target) return bad("a part's " + name + " is given twice");
        const auto rest = pieces[i].substr(std::min(equals + 1, pieces[i].size()));
        target = PCG_TRY(unquote(trimAscii(rest)));
    }
    return {};
}

Result<> takeEncoding(Described& part, std::string_view value) {
    if (part.encoded) return bad("a part has two Content-Transfer-Encoding fields");
    part.encoded = true;
    const auto encoding = toLowerAscii(value);
    part.base64 = encoding == "base64";
    if (part.base64 || encoding == "binary" || encoding == "8bit" || encoding == "7bit") return {};
    return bad("a part's Content-Transfer-Encoding is neither base64 nor binary");
}

Result<Described> readFields(std::string_view fields) {
    Described part;
    while (!fields.empty()) {
        const auto end = std::min(fields.find(kCrlf), fields.size());
        const auto line = fields.substr(0, end);
        fields.remove_prefix(std::min(end + kCrlf.size(), fields.size()));
        if (line.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos) {
            return bad("a part's header has a stray control character");
        }
        const auto colon = line.find(':');
        if (colon == std::string_view::npos || colon == 0 || line.front() == ' ' ||
            line.front() == '\t') {
            return bad("a part's header has a line that is no field");
        }
        const auto name = toLowerAscii(line.substr(0, colon));
        const auto value = trimAscii(line.substr(colon + 1));
        if (name == "content-disposition") PCG_TRY(takeDisposition(part, value));
        if (name == "content-transfer-encoding") PCG_TRY(takeEncoding(part, value));
        if (name.find_first_of(" \t") != std::string::npos) {
            return bad("a part's header has a blank in a field's name");
        }
    }
    return part;
}

Result<std::string> decodeBase64(std::string_view text) {
    std::string symbols;
    std::copy_if(text.begin(), text.end(), std::back_inserter(symbols), [](char c) {
        return c != '\r' && c != '\n' && c != ' ';
    });
    const auto decoded = codec::base64Decode(symbols);
    if (!decoded) return bad("a part is not the base64 that it says it is");
    return std::string(asText(*decoded));
}

Result<Part> readPart(std::string_view whole) {
    const auto end = whole.find("\r\n\r\n");
    const bool without = whole.starts_with(kCrlf);
    if (without || end == std::string_view::npos || end > kLongestFields) {
        return bad("a part has no header, or one of more than 8 KiB");
    }
    auto described = PCG_TRY(readFields(whole.substr(0, end)));
    if (!described.name || described.name->empty()) return bad("a part has no name");
    Part part{std::move(*described.name),
              std::move(described.filename),
              {},
              whole.substr(end + 4),
              whole};
    if (part.name.find('\0') != std::string::npos) return bad("a part's name has a NUL");
    if (part.isFile()) return part;
    part.value = described.base64 ? PCG_TRY(decodeBase64(part.content)) : std::string(part.content);
    return part;
}

}  // namespace

Result<std::optional<std::string>> Multipart::boundaryOf(std::string_view contentType) {
    const auto pieces = cutParameters(contentType);
    if (!equalsIgnoreCaseAscii(pieces.front(), "multipart/form-data")) {
        return std::optional<std::string>();
    }
    std::optional<std::string> boundary;
    for (std::size_t i = 1; i < pieces.size(); ++i) {
        const auto equals = pieces[i].find('=');
        if (equals == std::string_view::npos) return bad("the Content-Type is malformed");
        if (!equalsIgnoreCaseAscii(trimAscii(pieces[i].substr(0, equals)), "boundary")) continue;
        if (boundary) return bad("the Content-Type has two boundaries");
        // Python writes its boundary in quotes because of the '=' in it.
        auto raw = trimAscii(pieces[i].substr(equals + 1));
        if (raw.size() >= 2 && raw.front() == '"' && raw.back() == '"') {
            raw = raw.substr(1, raw.size() - 2);
        }
        boundary = std::string(raw);
    }
    if (!boundary || !isBoundary(*boundary)) return bad("the Content-Type has no usable boundary");
    return boundary;
}

Result<Multipart> Multipart::parse(std::string_view body, std::string_view boundary) {
    const std::string opening = "--" + std::string(boundary);
    const std::string delimiter = std::string(kCrlf) + opening;
    Multipart form;
    form.boundary_ = boundary;
    if (!body.starts_with(opening)) return bad("the body does not begin with its boundary");
    body.remove_prefix(opening.size());
    while (!body.starts_with("--")) {
        if (!body.starts_with(kCrlf)) return bad("a boundary is not followed by a line's end");
        body.remove_prefix(kCrlf.size());
        // A form without a field is one empty part without a header (Python's clients).
        const bool nothing = body.starts_with(delimiter);
        const auto end = nothing ? 0 : body.find(delimiter);
        if (end == std::string_view::npos) return bad("the last boundary is missing");
        if (!nothing) {
            if (form.parts_.size() == kMostParameters) return bad("there are more than 1000 parts");
            form.parts_.push_back(PCG_TRY(readPart(body.substr(0, end))));
        }
        body.remove_prefix(end + delimiter.size());
    }
    body.remove_prefix(2);
    if (!body.empty() && body != kCrlf) return bad("something follows the last boundary");
    return form;
}

Parameters Multipart::fields() const {
    Parameters fields;
    for (const auto& part : parts_) {
        if (!part.isFile()) fields.push_back({part.name, part.value});
    }
    return fields;
}

std::string Multipart::without(bool (*isUnwanted)(std::string_view name)) const {
    std::string body;
    for (const auto& part : parts_) {
        if (isUnwanted(part.name)) continue;
        body += "--" + boundary_ + "\r\n";
        body += part.whole;
        body += kCrlf;
    }
    if (body.empty()) body = "--" + boundary_ + "\r\n\r\n";
    return body + "--" + boundary_ + "--\r\n";
}

}  // namespace pcg::oauth
