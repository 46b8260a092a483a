// SPDX-License-Identifier: Apache-2.0
// A tenant's uploads by reference: what was ordered of a gateway, and how far the gateway said it
// is (docs/uploads.md). The gateway owns them; this is what is known of them while it is off, too.
//
// Never a secret: no secret of an access key, no query of a source. Sealed under the tenant's key.
// At most kMostUploads of a tenant; the oldest that are over go first. Storage thread.
#pragma once

#include "common/base/clock.h"
#include "common/store/database.h"
#include "common/wire/upload_form.h"
#include "controlplane-sim/tenancy/tenant_scope.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pcg::controlplane {

struct Upload {
    wire::UploadId id;
    wire::GatewayId gateway;
    wire::EndpointId endpoint;
    std::string ordered;  // a JSON object: what may be shown of the order
    wire::UploadState state = wire::UploadState::Ordered;
    std::uint64_t fetched = 0;
    std::uint64_t pushed = 0;
    std::optional<std::uint64_t> total;
    bool cached = false;
    std::string code;  // why it is over, when it is not done
    std::string why;
    WallTime createdAt;
    WallTime changedAt;
};

// What a gateway says of one.
struct UploadReport {
    wire::UploadId id;
    wire::UploadState state = wire::UploadState::Queued;
    std::uint64_t fetched = 0;
    std::uint64_t pushed = 0;
    std::optional<std::uint64_t> total;
    bool cached = false;
    std::string code;
    std::string why;
};

struct UploadsReport {
    bool whole = false;  // the gateway knows of no others that are not over
    std::vector<UploadReport> uploads;
};

inline constexpr std::size_t kMostUploads = 1000;
// A gateway that says everything it has, and not one that was ordered so long ago, has lost it.
inline constexpr std::chrono::seconds kReportedWithin{60};

const std::vector<std::string_view>& uploadsSchema();

class Uploads {
  public:
    explicit Uploads(store::Database& database) : database_(database) {}

    // tenancy.too_many when kMostUploads are not over.
    Result<> add(const TenantScope& scope, const Upload& upload);

    Result<std::optional<Upload>> find(const TenantScope& scope, const wire::UploadId& id);

    // The newest first; `before` is the last of the page before.
    Result<std::vector<Upload>> list(const TenantScope& scope,
                                     const std::optional<std::string>& before,
                                     std::size_t limit);

    // Those that are others now. `whole`: the gateway knows of no others.
    Result<std::vector<Upload>> report(const TenantScope& scope,
                                       const wire::GatewayId& gateway,
                                       const std::vector<UploadReport>& reports,
                                       bool whole,
                                       WallTime now);

    // The gateway never heard of it.
    Result<> remove(const TenantScope& scope, const wire::UploadId& id);

  private:
    Result<> apply(const TenantScope& scope,
                   Upload& known,
                   const UploadReport& report,
                   WallTime now);

    store::Database& database_;
};

}  // namespace pcg::controlplane
