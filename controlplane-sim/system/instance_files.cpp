// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/system/instance_files.h"

#include "common/base/text.h"
#include "common/codec/json.h"
#include "controlplane-sim/broker/ports_file.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include <fcntl.h>
#include <sys/un.h>
#include <unistd.h>

namespace pcg::controlplane {
namespace {

namespace fs = std::filesystem;

constexpr auto kProgram = "pcg-gatewayd";
constexpr std::size_t kInstanceLength = 12;

tl::unexpected<Error> filesFailed(const fs::path& path, const std::string& why) {
    return fail(kSystemFiles, "\"" + path.string() + "\": " + why + ".");
}

// In place, so that it is the same blocks; a file system or a disk that writes elsewhere keeps the
// old ones for a while (docs/operator/system-gateways.md).
Result<> overwrite(const fs::path& file) {
    const int descriptor = ::open(file.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    if (descriptor < 0 && errno == ENOENT) return {};
    if (descriptor < 0) return filesFailed(file, std::strerror(errno));
    std::error_code error;
    const auto size = fs::file_size(file, error);
    const std::string zeros(error ? 0 : static_cast<std::size_t>(size), '\0');
    const auto count = ::pwrite(descriptor, zeros.data(), zeros.size(), 0);
    const bool isDone = count == static_cast<ssize_t>(zeros.size()) && ::fsync(descriptor) == 0;
    const std::string why = std::strerror(errno);
    ::close(descriptor);
    return isDone ? Result<>() : filesFailed(file, why);
}

bool isExecutable(const fs::path& file) {
    std::error_code ignored;
    return fs::is_regular_file(file, ignored) && ::access(file.c_str(), X_OK) == 0;
}

}  // namespace

Result<> InstanceFiles::write(const SystemGatewaySettings& settings,
                              const wire::TenantId& tenant) const {
    // None would mean: anywhere. A platform that was started without any lets nobody reach
    // anything.
    PCG_TRY(checkOffering(settings));
    std::error_code error;
    fs::create_directories(directory_, error);
    for (const auto& path : {settings.root, directory_}) {
        if (!error) fs::permissions(path, fs::perms::owner_all, error);
    }
    if (error) return filesFailed(directory_, error.message());
    codec::json::Object body;
    body.set("state_dir", directory_.string())
        .set("controlplane_url", settings.controlplaneUrl)
        .set("controlplane_ca_file", settings.controlplaneCa.string())
        .set("hostname", "platform")
        .set("console", "none")
        .set("expected_tenant", tenant.text())
        .set("endpoint_networks", net::textOf(settings.networks))
        .set("remote_endpoints", true)
        .set("remote_keys", true);
    return broker::writePrivateFile(configuration(), codec::json::write(body));
}

Result<> InstanceFiles::wipe() const {
    PCG_TRY(overwrite(directory_ / "root.key"));
    std::error_code error;
    fs::remove_all(directory_, error);
    return error ? filesFailed(directory_, error.message()) : Result<>();
}

std::vector<std::string> instancesIn(const fs::path& root) {
    std::vector<std::string> instances;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(root, ignored)) {
        auto name = entry.path().filename().string();
        // Nothing of anybody else's is touched.
        const bool isOurs = name.size() == kInstanceLength && fromHex(name).has_value();
        if (isOurs) instances.push_back(std::move(name));
    }
    return instances;
}

Result<> checkOffering(const SystemGatewaySettings& settings) {
    if (settings.networks.empty()) {
        return fail(kSystemOff,
                    "This platform offers no gateways: start the control plane with "
                    "--system-gateway-networks and the networks that tenants may reach from here.");
    }
    if (!isExecutable(settings.program)) {
        return fail(kSystemOff,
                    "The gateway's program \"" + settings.program.string() +
                        "\" cannot be executed: name it with --system-gateway-program.");
    }
    const InstanceFiles longest(settings, std::string(kInstanceLength, 'f'));
    if (longest.socket().native().size() >= sizeof(sockaddr_un::sun_path)) {
        return fail(kSystemOff,
                    "\"" + longest.socket().string() +
                        "\" is too long for a UNIX socket: give the control plane a shorter "
                        "--state-dir.");
    }
    return {};
}

fs::path findGatewayProgram() {
    std::error_code ignored;
    const auto self = fs::read_symlink("/proc/self/exe", ignored);
    if (!self.empty() && isExecutable(self.parent_path() / kProgram))
        return self.parent_path() / kProgram;
    const char* path = std::getenv("PATH");
    const std::string directories = path != nullptr ? path : "";
    for (const auto directory : split(directories, ':')) {
        if (directory.empty()) continue;
        auto file = fs::path(directory) / kProgram;
        if (isExecutable(file)) return file;
    }
    return {};
}

}  // namespace pcg::controlplane
