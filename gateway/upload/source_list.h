// SPDX-License-Identifier: Apache-2.0
// Where uploads by reference may be fetched from: the data center's own list. Default deny; no I/O.
//
// A place is https://HOST[:PORT][/PATH] (or http://, which has to be written out), or HOST[:PORT],
// which is https and every path. A path opens itself and what is below it. Names are resolved when
// something is fetched, and what they lead to is judged by the rules of tunnels
// (vcenter-proxy/tunnel_rules.h): loopback, link-local, metadata and the gateway's own addresses
// only when the address itself is listed. Values, any thread.
#pragma once

#include "vcenter-proxy/tunnel_rules.h"

#include <string>
#include <string_view>
#include <vector>

namespace pcg::gateway::upload {

class SourceUrl {
  public:
    // Plain ASCII, https or http, no user or password, no fragment, no dot segments, no encoded
    // slashes: what two readers could take for two places is refused. upload.source_refused.
    static Result<SourceUrl> parse(std::string_view text);

    // A Location (RFC 9110 10.2.2), which may be relative.
    Result<SourceUrl> resolve(std::string_view location) const;

    bool isTls() const { return tls_; }

    const proxy::TunnelTarget& place() const { return place_; }

    const std::string& path() const { return path_; }

    // Path and query, as it is sent. The query may be a signature: a secret.
    std::string target() const { return path_ + query_; }

    // "vc.example.com:8443", without the port when it is the scheme's own.
    std::string authority() const;

    // Without the query: for people, logs and the audit.
    std::string shown() const;

    // The whole, secrets included.
    std::string text() const { return shown() + query_; }

  private:
    SourceUrl(bool tls, proxy::TunnelTarget place, std::string path, std::string query)
        : tls_(tls), place_(std::move(place)), path_(std::move(path)), query_(std::move(query)) {}

    bool tls_;
    proxy::TunnelTarget place_;
    std::string path_;   // begins with a slash
    std::string query_;  // begins with a question mark, or is empty
};

class SourceList {
  public:
    static constexpr std::size_t kMost = 64;

    // Places separated by commas and blanks; the empty list opens nothing. upload.source_refused.
    static Result<SourceList> parse(std::string_view text);

    SourceList() = default;

    bool empty() const { return sources_.empty(); }

    // Before anything is resolved. upload.source_denied, with what the data center can do.
    Result<> mayFetch(const SourceUrl& url) const;

    // For proxy::whereTo.
    const proxy::TunnelList& places() const { return places_; }

    std::vector<std::string> texts() const;

  private:
    std::vector<SourceUrl> sources_;
    proxy::TunnelList places_;
};

}  // namespace pcg::gateway::upload
