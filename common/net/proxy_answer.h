// SPDX-License-Identifier: Apache-2.0
// What is said to an HTTP proxy, and what it answers, before it becomes a stream of octets (RFC
// 9110 section 9.3.6, CONNECT). Without I/O and bounded: the proxy is anybody's. Not thread-safe.
#pragma once

#include "common/base/secret.h"
#include "common/net/connect.h"

#include <string>
#include <string_view>
#include <vector>

namespace pcg::net {

// "CONNECT host:port HTTP/1.1" and what belongs to it. `authorization`: the value of
// Proxy-Authorization, or empty. net.bad_address if the target could break out of its line.
Result<Secret> connectRequest(const Target& target, const Secret& authorization);

struct ProxyAnswer {
    int status = 0;
    std::string reason;                // its own words; printable ASCII, at most 64
    std::vector<std::string> schemes;  // that it takes credentials in: "basic", "negotiate"

    bool opened() const { return status >= 200 && status < 300; }
};

class ProxyAnswerReader {
  public:
    // Of the answer's head, interim answers (1xx) before it included.
    static constexpr std::size_t kMaxOctets = 16 * 1024;

    // How many of the octets belong to the answer. The first one that does not is the tunnel's;
    // none is taken once complete(). net.proxy_protocol when it is not an answer.
    Result<std::size_t> put(std::string_view octets);

    bool complete() const { return complete_; }

    const ProxyAnswer& answer() const { return answer_; }  // when complete

  private:
    Result<> takeHead();

    std::string head_;
    std::size_t taken_ = 0;
    bool complete_ = false;
    ProxyAnswer answer_;
};

}  // namespace pcg::net
