// SPDX-License-Identifier: Apache-2.0
// Changes the URLs of a lease in an answer that streams by, and nothing else of it.
//
// A lease (HttpNfcLease) says for each of its devices where to send its octets, often with the name
// of an ESXi host that only the data center knows. Looked at is what stands in properties of lease
// objects (RetrieveProperties*, WaitForUpdates*, CheckForUpdates): a device elsewhere, for example
// in a text that somebody stored, is not one. Octets are passed as soon as they cannot be part of a
// device; memory is bounded by kHoldLimit and one piece. Not thread-safe; one object per answer.
#pragma once

#include "common/base/bytes.h"
#include "common/base/result.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace pcg::proxy {

struct LeaseDevice {
    std::string lease;       // the id of the lease object
    std::string url;         // as the vCenter says
    std::string thumbprint;  // the same; may be empty
};

class LeaseFilter {
  public:
    static constexpr std::size_t kHoldLimit = 64 * 1024;
    static constexpr std::size_t kDepthLimit = 1024;

    // The URL that the client gets; its thumbprint is left out then, because it meets another
    // certificate. Nothing: the device stays as it is.
    using Rewrite = std::function<std::optional<std::string>(const LeaseDevice&)>;

    explicit LeaseFilter(Rewrite rewrite);
    ~LeaseFilter();
    LeaseFilter(const LeaseFilter&) = delete;
    LeaseFilter& operator=(const LeaseFilter&) = delete;

    // What may go on is appended to `out`. errc::kBadLease if the answer is not XML; what was
    // passed so far must not look like the whole then.
    Result<> feed(BytesView bytes, Bytes& out);
    Result<> finish(Bytes& out);

  private:
    class Parser;
    std::unique_ptr<Parser> parser_;
};

// The id of the lease that an answer (of ImportVApp, ExportVm and so on) gives; nothing if none.
std::optional<std::string> leaseInAnswer(BytesView body);

}  // namespace pcg::proxy
