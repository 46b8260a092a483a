// SPDX-License-Identifier: Apache-2.0
// How an object is fetched across redirects, broken connections and restarts: requests out, heads
// of answers in, without I/O.
//
// What is on the disk is asked on from with Range and If-Range (RFC 9110 13.1.5, 14.2) by a strong
// ETag or the Last-Modified; a source that honours neither begins anew. A source without both is
// asked for a range all the same, because the digest at the end tells. Redirects lead only to what
// the list opens, kMostRedirects of them. Failures without an octet in between are kMostFailures at
// most. Loop thread.
#pragma once

#include "common/http/message.h"
#include "gateway/upload/record.h"

#include <chrono>

namespace pcg::gateway::upload {

class FetchPlan {
  public:
    static constexpr int kMostRedirects = 5;
    static constexpr int kMostFailures = 6;
    static constexpr std::chrono::seconds kLongestPause{60};

    // `list` outlives the plan.
    FetchPlan(const SourceList& list, SourceUrl source, ByteCount most, Part part)
        : list_(list),
          source_(source),
          url_(std::move(source)),
          most_(most),
          part_(std::move(part)) {}

    // upload.source_denied before anything is asked.
    Result<> mayBegin() const { return list_.mayFetch(url_); }

    // Where the next request goes, and what it is.
    const SourceUrl& url() const { return url_; }

    http::RequestHead request() const;

    enum class Next {
        Body,   // octets follow, from part().have on: what is on the disk beyond that goes
        Ask,    // another request, now: a redirect, or from the beginning
        Whole,  // everything is on the disk
        Pause   // another request after pause()
    };

    // Of a final answer. upload.source_denied, upload.source_refused, upload.too_large.
    Result<Next> answered(const http::ResponseHead& head);

    // So many more octets are on the disk. upload.too_large.
    Result<> received(std::size_t octets);

    // The body came to its proper end; before what the source had said counts as a failure.
    Result<Next> ended();

    // It broke; upload.source_failed, with `why`, once it did so too often.
    Result<Next> failed(const Error& why);

    std::chrono::milliseconds pause();

    const Part& part() const { return part_; }

  private:
    Result<Next> redirected(const http::ResponseHead& head);
    Result<Next> wholeBody(const http::ResponseHead& head);
    Result<Next> rangeBody(const http::ResponseHead& head);
    Result<Next> beginAnew();
    Result<> checkTotal(std::optional<ByteCount> total) const;
    void keepValidators(const http::ResponseHead& head);

    const SourceList& list_;
    SourceUrl source_;
    SourceUrl url_;  // after redirects; a failure begins at the source again
    ByteCount most_;
    Part part_;
    bool plain_ = false;  // this source does not give ranges: ask for the whole
    int redirects_ = 0;
    int failures_ = 0;
    std::optional<std::chrono::seconds> asked_;  // Retry-After
};

}  // namespace pcg::gateway::upload
