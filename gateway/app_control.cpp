// SPDX-License-Identifier: Apache-2.0
// What pcgctl and the console ask, in the daemon: made, and listened for.
#include "gateway/app.h"
#include "gateway/errc.h"

#include <cerrno>
#include <cstring>

#include <sys/stat.h>

namespace pcg::gateway {

void App::makeControlApi() {
    api_ = std::make_unique<ControlApi>(
        ControlPorts{.clock = clock_,
                     .state = *state_,
                     .endpoints = *directory_,
                     .warnings = warnings_,
                     .audit = *audit_,
                     .service = *service_,
                     .remote = *gate_,
                     .policy = *policy_,
                     .machines = *machines_,
                     .uploads = *uploadApi_,
                     .pairing = [this] { return console_->status(); },
                     .decide =
                         [this](bool accept, std::optional<RemoteAccess> remote) {
                             return console_->decide(accept, remote);
                         },
                     .unpair = [this] { return unpair(); },
                     .link = [this] { return linkReport(); },
                     .egress = [this] { return egressReport(); },
                     .reachControlplane = [this] { return reachControlplane(); },
                     .gatewayId = [this] { return enrollment_->record().keys.gatewayId(); },
                     .version = std::string(gatewayVersion())});
}

Result<> App::listenForControl() {
    http::ServerOptions options;
    options.limits.maxConnections = 32;
    options.name = "control";
    controlServer_ = PCG_TRY(http::Server::listenUnix(
        loop_, config_.controlSocket().string(), api_->handler(), options));
    if (config_.controlSocketPath.empty()) return {};
    // Which group that is says its folder (setgid); until now it was the owner's only.
    if (::chmod(config_.controlSocketPath.c_str(), 0660) == 0) return {};
    return fail(errc::kHostSystem,
                "The control socket " + config_.controlSocketPath.string() +
                    " cannot be opened to its group: " + std::strerror(errno) + ".");
}

}  // namespace pcg::gateway
