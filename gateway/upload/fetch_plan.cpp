// SPDX-License-Identifier: Apache-2.0
#include "gateway/upload/fetch_plan.h"

#include "common/base/text.h"
#include "gateway/upload/errc.h"

#include <algorithm>
#include <array>
#include <utility>

namespace pcg::gateway::upload {
namespace {

constexpr std::size_t kMaxValidator = 256;
constexpr std::array<int, 5> kRedirects{301, 302, 303, 307, 308};
constexpr std::array<int, 7> kWeather{408, 425, 429, 500, 502, 503, 504};

std::string fieldOf(const http::ResponseHead& head, std::string_view name) {
    const auto* value = head.headers.find(name);
    return value == nullptr || value->size() > kMaxValidator ? std::string() : *value;
}

struct ContentRange {
    ByteCount from = 0;
    std::optional<ByteCount> total;
};

// "bytes 100-199/200", "bytes 100-199/*".
std::optional<ContentRange> parseContentRange(std::string_view text) {
    constexpr std::string_view kUnit = "bytes ";
    if (!toLowerAscii(text.substr(0, kUnit.size())).starts_with(kUnit)) return std::nullopt;
    text.remove_prefix(kUnit.size());
    const auto dash = text.find('-');
    const auto slash = text.find('/');
    if (dash == std::string_view::npos || slash == std::string_view::npos || slash < dash)
        return std::nullopt;
    const auto from = parseUnsigned(trimAscii(text.substr(0, dash)));
    const auto to = parseUnsigned(trimAscii(text.substr(dash + 1, slash - dash - 1)));
    const auto size = trimAscii(text.substr(slash + 1));
    if (!from || !to || *to < *from) return std::nullopt;
    ContentRange range{*from, std::nullopt};
    if (size == "*") return range;
    range.total = parseUnsigned(size);
    if (!range.total || *range.total <= *to) return std::nullopt;
    return range;
}

template <std::size_t N>
bool isOneOf(int status, const std::array<int, N>& all) {
    return std::find(all.begin(), all.end(), status) != all.end();
}

Result<> checkCoding(const http::ResponseHead& head) {
    const auto coding = fieldOf(head, "Content-Encoding");
    if (coding.empty() || equalsIgnoreCaseAscii(coding, "identity")) return {};
    return fail(errc::kSourceRefused,
                "The source compresses what it was asked to give as it is (Content-Encoding).");
}

}  // namespace

http::RequestHead FetchPlan::request() const {
    http::RequestHead head;
    head.method = "GET";
    head.target = url_.target();
    head.headers.add("Host", url_.authority());
    head.headers.add("User-Agent", "pcg-gateway");
    head.headers.add("Accept", "*/*");
    head.headers.add("Accept-Encoding", "identity");
    if (part_.have == 0 || plain_) return head;
    head.headers.add("Range", "bytes=" + std::to_string(part_.have) + "-");
    const auto& validator = part_.etag.empty() ? part_.lastModified : part_.etag;
    if (!validator.empty()) head.headers.add("If-Range", validator);
    return head;
}

Result<FetchPlan::Next> FetchPlan::answered(const http::ResponseHead& head) {
    if (isOneOf(head.status, kRedirects)) return redirected(head);
    if (isOneOf(head.status, kWeather)) {
        if (const auto seconds = parseUnsigned(fieldOf(head, "Retry-After"))) {
            asked_ = std::chrono::seconds(std::min<std::uint64_t>(*seconds, kLongestPause.count()));
        }
        return failed(
            Error(errc::kSourceFailed, "the source answers " + std::to_string(head.status)));
    }
    if (head.status == 200) return wholeBody(head);
    if (head.status == 206) return rangeBody(head);
    // Nothing behind what is there: all of it, if its size was known, or another object.
    if (head.status == 416 && part_.have > 0 && !plain_) {
        if (part_.total == part_.have) return Next::Whole;
        return beginAnew();
    }
    return fail(errc::kSourceRefused,
                "The source " + url_.shown() + " answers " + std::to_string(head.status) + ".");
}

Result<FetchPlan::Next> FetchPlan::redirected(const http::ResponseHead& head) {
    const auto* location = head.headers.find("Location");
    if (location == nullptr)
        return fail(errc::kSourceRefused, "The source redirects without saying where to.");
    if (++redirects_ > kMostRedirects)
        return fail(errc::kSourceRefused, "The source redirects too often.");
    auto url = PCG_TRY(url_.resolve(*location));
    PCG_TRY(list_.mayFetch(url));
    if (url_.isTls() && !url.isTls())
        return fail(errc::kSourceDenied, "source: " + url_.shown() + " redirects to plain http.");
    url_ = std::move(url);
    return Next::Ask;
}

Result<> FetchPlan::checkTotal(std::optional<ByteCount> total) const {
    if (!total || *total <= most_) return {};
    return fail(errc::kTooLarge,
                "The source has " + std::to_string(*total) + " octets; at most " +
                    std::to_string(most_) + " were ordered (max_bytes).");
}

void FetchPlan::keepValidators(const http::ResponseHead& head) {
    part_.etag = fieldOf(head, "ETag");
    if (!part_.etag.starts_with('"')) part_.etag.clear();  // a weak one tells nothing of octets
    part_.lastModified = fieldOf(head, "Last-Modified");
}

Result<FetchPlan::Next> FetchPlan::wholeBody(const http::ResponseHead& head) {
    PCG_TRY(checkCoding(head));
    std::optional<ByteCount> total;
    if (head.body.kind == http::BodyFraming::Kind::Length) total = head.body.length;
    PCG_TRY(checkTotal(total));
    part_ = {};
    part_.total = total;
    keepValidators(head);
    return Next::Body;
}

Result<FetchPlan::Next> FetchPlan::rangeBody(const http::ResponseHead& head) {
    PCG_TRY(checkCoding(head));
    const auto range = parseContentRange(fieldOf(head, "Content-Range"));
    const bool fits = range && range->from == part_.have && part_.have > 0 && !plain_;
    const bool same = fits && (!range->total || !part_.total || *range->total == *part_.total);
    if (!same) return beginAnew();
    PCG_TRY(checkTotal(range->total));
    if (range->total) part_.total = range->total;
    part_.resumed = true;
    return Next::Body;
}

Result<FetchPlan::Next> FetchPlan::beginAnew() {
    part_ = {};
    if (std::exchange(plain_, true)) {
        return failed(
            Error(errc::kSourceFailed, "the source answers with ranges nobody asked for"));
    }
    return Next::Ask;
}

Result<> FetchPlan::received(std::size_t octets) {
    part_.have += octets;
    failures_ = 0;
    if (part_.have <= most_) return {};
    return fail(errc::kTooLarge,
                "The source gives more than the " + std::to_string(most_) +
                    " octets that were ordered (max_bytes).");
}

Result<FetchPlan::Next> FetchPlan::ended() {
    if (part_.total && part_.have < *part_.total)
        return failed(Error(errc::kSourceFailed, "the answer ended before the object did"));
    part_.total = part_.have;
    return Next::Whole;
}

Result<FetchPlan::Next> FetchPlan::failed(const Error& why) {
    url_ = source_;
    redirects_ = 0;
    plain_ = false;
    if (++failures_ < kMostFailures) return Next::Pause;
    return fail(errc::kSourceFailed,
                "The source " + url_.shown() + " failed " + std::to_string(kMostFailures) +
                    " times in a row: " + why.message() + ".");
}

std::chrono::milliseconds FetchPlan::pause() {
    if (const auto asked = std::exchange(asked_, std::nullopt)) return *asked;
    const auto doubled = std::chrono::milliseconds(500) * (1 << std::clamp(failures_, 1, 7) >> 1);
    return std::min<std::chrono::milliseconds>(doubled, kLongestPause);
}

}  // namespace pcg::gateway::upload
