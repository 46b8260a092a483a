// SPDX-License-Identifier: Apache-2.0
// Strong entity tags (RFC 9110 8.8.3) and the conditions that clients put on them. Values.
//
// A tag has two parts: what is stored, which If-Match compares, and the whole representation, which
// If-None-Match compares. So a gateway whose round trip has moved is sent anew, and a change that
// somebody makes to it is not refused because of that.
#pragma once

#include "common/codec/json.h"
#include "common/http/message.h"
#include "controlplane-sim/rest/refusal.h"

#include <optional>
#include <string>
#include <vector>

namespace pcg::controlplane::rest {

class Etag {
  public:
    // `stored` is what a change would change; `whole` is what is sent. Give the same twice when
    // nothing of it is live.
    Etag(const codec::json::Object& stored, const codec::json::Object& whole);

    explicit Etag(const codec::json::Object& stored) : Etag(stored, stored) {}

    std::string text() const { return '"' + stored_ + '.' + whole_ + '"'; }

    const std::string& stored() const { return stored_; }

  private:
    std::string stored_;
    std::string whole_;
};

// If-Match. Check it where the change is made (in the storage job), so that nothing comes between.
class IfMatch {
  public:
    // api.field for what is not a list of entity tags; at most 16 of them.
    static Checked<IfMatch> parse(const http::HeaderList& headers);

    bool given() const { return given_; }

    // 412 api.stale, unless no condition was given or one of the tags is this one.
    Checked<> check(const Etag& current) const;

  private:
    bool given_ = false;
    bool any_ = false;
    std::vector<std::string> stored_;
};

// True when If-None-Match names this tag: the client has it already.
bool clientHas(const http::HeaderList& headers, const std::string& etag);

}  // namespace pcg::controlplane::rest
