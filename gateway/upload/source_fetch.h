// SPDX-License-Identifier: Apache-2.0
// Fetches the object of an upload from its source to the gateway's disk.
//
// Names are resolved once per connection and exactly those addresses are connected to that the
// list opens; TLS verifies the chain and the name by what `trustPem` holds. Loop thread.
#pragma once

#include "common/net/dialer.h"
#include "gateway/upload/cache.h"
#include "gateway/upload/fetch_plan.h"
#include "gateway/upload/halt.h"
#include "vcenter-proxy/tunnel_dialer.h"

#include <functional>
#include <memory>

namespace pcg::gateway::upload {

// Calls to sources. An interface, so that the fetch is tested without sockets.
class Sources {
  public:
    virtual ~Sources() = default;

    // As http::Caller. Input errors are for good: the place is not open, or not who it should be.
    virtual net::Task<Result<std::unique_ptr<http::Call>>> start(SourceUrl url,
                                                                 http::RequestHead head) = 0;
};

class DialledSources final : public Sources {
  public:
    // No TLS without authorities: every https source is refused then. `below` makes the
    // connections.
    DialledSources(net::Loop& loop,
                   SourceList list,
                   std::shared_ptr<proxy::TunnelDialer> names,
                   std::optional<net::TlsClientContext> trust,
                   std::shared_ptr<net::Route> below = std::make_shared<net::DirectRoute>())
        : loop_(loop),
          list_(std::make_shared<const SourceList>(std::move(list))),
          names_(std::move(names)),
          trust_(std::move(trust)),
          below_(std::move(below)) {}

    net::Task<Result<std::unique_ptr<http::Call>>> start(SourceUrl url,
                                                         http::RequestHead head) override;

  private:
    net::Loop& loop_;
    std::shared_ptr<const SourceList> list_;
    std::shared_ptr<proxy::TunnelDialer> names_;
    std::optional<net::TlsClientContext> trust_;
    std::shared_ptr<net::Route> below_;
};

struct FetchParts {
    Sources& sources;
    const SourceList& list;
    Cache& cache;
    Halt& halt;
    std::function<void()> progressed;           // octets came
    std::function<net::Task<Result<>>()> keep;  // what the source knows it by has changed
};

// Until the object is on the disk as the record's part; `record.part` says how far it is. The error
// is why it is over for good, or why it was halted.
net::Task<Result<>> fetch(FetchParts parts, Record& record);

}  // namespace pcg::gateway::upload
