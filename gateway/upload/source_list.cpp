// SPDX-License-Identifier: Apache-2.0
#include "gateway/upload/source_list.h"

#include "common/base/percent.h"
#include "common/base/text.h"
#include "gateway/upload/errc.h"

#include <algorithm>

namespace pcg::gateway::upload {
namespace {

constexpr std::size_t kMaxUrl = 4096;

tl::unexpected<Error> bad(const std::string& why) {
    return fail(errc::kSourceRefused, "source: " + why);
}

// RFC 3986: what a URL may consist of, and no more.
bool isUrlText(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) {
        return c > 0x20 && c < 0x7f &&
               std::string_view("\"<>\\^`{|}").find(c) == std::string_view::npos;
    });
}

Result<> checkPath(std::string_view path) {
    for (const auto segment : split(path, '/')) {
        const auto decoded = percentDecode(segment);
        if (!decoded) return bad("the path has a broken %-escape.");
        if (*decoded == "." || *decoded == "..")
            return bad("the path must not have . or .. in it.");
        const auto isHidden = [](char c) {
            return c == '/' || c == '\\' || static_cast<unsigned char>(c) < 0x20;
        };
        if (std::any_of(decoded->begin(), decoded->end(), isHidden))
            return bad("the path must not hide slashes or control characters in %-escapes.");
    }
    return {};
}

struct Parts {
    std::string_view scheme;
    std::string_view authority;
    std::string_view rest;
};

Result<Parts> partsOf(std::string_view text) {
    const auto colon = text.find("://");
    if (colon == std::string_view::npos) return bad("must be a URL, https://HOST/PATH.");
    const auto rest = text.substr(colon + 3);
    const auto end = std::min(rest.find_first_of("/?"), rest.size());
    return Parts{text.substr(0, colon), rest.substr(0, end), rest.substr(end)};
}

Result<proxy::TunnelTarget> placeOf(std::string_view authority, bool tls) {
    const auto bracket = authority.rfind(']');
    const auto colon = authority.rfind(':');
    const bool hasPort =
        colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
    auto text = std::string(authority);
    if (!hasPort) text += tls ? ":443" : ":80";
    auto place = proxy::TunnelTarget::parse(text);
    if (!place) return bad("\"" + text.substr(0, 300) + "\" is no host and port.");
    return std::move(*place);
}

}  // namespace

Result<SourceUrl> SourceUrl::parse(std::string_view text) {
    if (text.size() > kMaxUrl) return bad("is longer than 4096 characters.");
    if (!isUrlText(text)) return bad("has characters that a URL cannot have; %-escape them.");
    if (text.find('#') != std::string_view::npos) return bad("must not have a fragment (#...).");
    const auto parts = PCG_TRY(partsOf(text));
    const auto scheme = toLowerAscii(parts.scheme);
    if (scheme != "https" && scheme != "http") return bad("must begin with https://.");
    if (parts.authority.find('@') != std::string_view::npos)
        return bad("must not have a user or password in it.");
    const bool tls = scheme == "https";
    auto place = PCG_TRY(placeOf(parts.authority, tls));
    const auto mark = std::min(parts.rest.find('?'), parts.rest.size());
    auto path = std::string(parts.rest.substr(0, mark));
    if (path.empty()) path = "/";
    PCG_TRY(checkPath(path));
    return SourceUrl(tls, std::move(place), std::move(path), std::string(parts.rest.substr(mark)));
}

Result<SourceUrl> SourceUrl::resolve(std::string_view location) const {
    const auto fragment = location.find('#');
    location = location.substr(0, fragment);
    if (location.find("://") < location.find_first_of("/?")) return parse(location);
    const std::string scheme = tls_ ? "https:" : "http:";
    if (location.starts_with("//")) return parse(scheme + std::string(location));
    const auto base = scheme + "//" + place_.text();
    if (location.starts_with('/')) return parse(base + std::string(location));
    if (location.starts_with('?')) return parse(base + path_ + std::string(location));
    return parse(base + path_.substr(0, path_.rfind('/') + 1) + std::string(location));
}

std::string SourceUrl::authority() const {
    const auto text = place_.text();
    const bool own = place_.port() == (tls_ ? 443 : 80);
    return own ? text.substr(0, text.rfind(':')) : text;
}

std::string SourceUrl::shown() const {
    return std::string(tls_ ? "https://" : "http://") + authority() + path_;
}

Result<SourceList> SourceList::parse(std::string_view text) {
    SourceList list;
    std::string words(text);
    std::replace(words.begin(), words.end(), ' ', ',');
    for (const auto word : split(words, ',')) {
        const auto place = trimAscii(word);
        if (place.empty()) continue;
        const bool isUrl = place.find("://") != std::string_view::npos;
        if (!isUrl && place.find_first_of("/?#") != std::string_view::npos) {
            return bad("\"" + std::string(place.substr(0, 300)) +
                       "\" has a path and must begin with https:// or http://.");
        }
        auto url = PCG_TRY(
            SourceUrl::parse(isUrl ? std::string(place) : "https://" + std::string(place) + "/"));
        if (url.target() != url.path()) return bad("a place of the list has no query (?...).");
        if (list.sources_.size() >= kMost) return bad("the list has more than 64 places.");
        list.places_.push_back(url.place());
        list.sources_.push_back(std::move(url));
    }
    return list;
}

Result<> SourceList::mayFetch(const SourceUrl& url) const {
    if (sources_.empty()) {
        return fail(errc::kSourceDenied,
                    "source: the data center has opened no sources for uploads by reference. Its "
                    "admin lists them in the gateway's configuration (upload_sources).");
    }
    const auto opens = [&](const SourceUrl& open) {
        if (open.isTls() != url.isTls() || open.place() != url.place()) return false;
        const auto& prefix = open.path();
        if (!url.path().starts_with(prefix)) return false;
        return prefix.ends_with('/') || url.path().size() == prefix.size() ||
               url.path()[prefix.size()] == '/';
    };
    if (std::any_of(sources_.begin(), sources_.end(), opens)) return {};
    return fail(errc::kSourceDenied,
                "source: " + url.shown() +
                    " is none of the sources that the data center has opened for uploads by "
                    "reference. Its admin can list it (upload_sources).");
}

std::vector<std::string> SourceList::texts() const {
    std::vector<std::string> all;
    all.reserve(sources_.size());
    for (const auto& source : sources_) all.push_back(source.shown());
    return all;
}

}  // namespace pcg::gateway::upload
