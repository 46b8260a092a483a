// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/observe/upload_watch.h"

#include "common/codec/json.h"
#include "common/log/log.h"

namespace pcg::controlplane {
namespace {

namespace json = codec::json;

constexpr std::size_t kMostReported = 512;  // of one gateway, while they wait to be kept
constexpr log::Logger kLog{"uploads"};

AuditOutcome outcomeOf(wire::UploadState state) {
    switch (state) {
        case wire::UploadState::Done:
            return AuditOutcome::Success;
        case wire::UploadState::Unknown:
            return AuditOutcome::Unknown;
        case wire::UploadState::Cancelled:
            return AuditOutcome::Refused;
        default:
            return AuditOutcome::Failed;
    }
}

AuditEvent endOf(const Upload& upload) {
    AuditEvent event;
    event.at = upload.changedAt;
    event.actor = {ActorKind::Gateway, upload.gateway.text()};
    event.action = "upload." + std::string(wire::nameOf(upload.state));
    event.target = {"upload", upload.id.text(), {}};
    event.outcome = outcomeOf(upload.state);
    event.bytesUp = upload.pushed;
    event.bytesDown = upload.fetched;
    event.durationMs =
        std::chrono::duration_cast<std::chrono::milliseconds>(upload.changedAt - upload.createdAt)
            .count();
    event.detail = upload.code.empty() ? upload.ordered : upload.code + ": " + upload.why;
    return event;
}

}  // namespace

void UploadWatch::tell(const wire::TenantId& tenant, const Upload& upload) {
    json::Object data;
    data.set("id", upload.id.text())
        .set("state", wire::nameOf(upload.state))
        .set("fetched", json::Value::ofUnsigned(upload.fetched))
        .set("pushed", json::Value::ofUnsigned(upload.pushed))
        .set("total", upload.total ? json::Value::ofUnsigned(*upload.total) : json::Value());
    parts_.events.publish(tenant, {"upload", json::write(data)});
}

void UploadWatch::reported(const wire::TenantId& tenant,
                           const wire::GatewayId& gateway,
                           UploadsReport report) {
    auto& place = waiting_[gateway];
    if (!place.busy) {
        place.busy = true;
        net::asio::co_spawn(
            parts_.loop, keep(tenant, gateway, std::move(report)), net::asio::detached);
        return;
    }
    if (report.whole || !place.next) {
        place.next = std::move(report);
        return;
    }
    auto& held = place.next->uploads;
    for (auto& one : report.uploads) {
        std::erase_if(held, [&](const UploadReport& other) { return other.id == one.id; });
        if (held.size() < kMostReported) held.push_back(std::move(one));
    }
}

net::Task<void> UploadWatch::keep(wire::TenantId tenant,
                                  wire::GatewayId gateway,
                                  UploadsReport report) {
    std::optional<UploadsReport> next = std::move(report);
    while (next) {
        co_await keepOne(tenant, gateway, std::move(*next));
        next = std::exchange(waiting_[gateway].next, std::nullopt);
    }
    waiting_.erase(gateway);
}

net::Task<void> UploadWatch::keepOne(wire::TenantId tenant,
                                     wire::GatewayId gateway,
                                     UploadsReport report) {
    auto work = [scope = parts_.authority.scopeOf(tenant),
                 gateway,
                 report = std::move(report),
                 now = parts_.clock.wallNow()](store::Database& database) {
        return Uploads(database).report(scope, gateway, report.uploads, report.whole, now);
    };
    const auto changed = co_await parts_.store.run(std::move(work));
    if (!changed) {
        kLog.failure(log::Level::Warn, "uploads.not_kept", changed.error());
        co_return;
    }
    for (const auto& upload : *changed) {
        tell(tenant, upload);
        if (wire::isOver(upload.state)) parts_.audit.record(tenant, endOf(upload));
    }
}

}  // namespace pcg::controlplane
