// SPDX-License-Identifier: Apache-2.0
#include "common/process/service_manager.h"

#include "common/base/text.h"

#include <algorithm>
#include <cstddef>
#include <cstdlib>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace pcg::process {
namespace {

std::string variable(const char* name) {
    const char* text = std::getenv(name);
    return text == nullptr ? std::string() : std::string(text);
}

}  // namespace

ServiceManager ServiceManager::fromEnvironment() {
    ServiceManager made;
    const auto address = variable("NOTIFY_SOCKET");
    const bool known = address.starts_with('/') || address.starts_with('@');
    if (!known || address.size() < 2 || address.size() >= sizeof(sockaddr_un::sun_path))
        return made;
    made.address_ = address;
    const auto pid = variable("WATCHDOG_PID");
    if (!pid.empty() && pid != std::to_string(::getpid())) return made;  // meant for a parent
    const auto limit = parseUnsigned(variable("WATCHDOG_USEC"));
    constexpr std::uint64_t kMost = 24ULL * 3600 * 1'000'000;
    if (limit && *limit > 0)
        made.watchdog_ = std::chrono::microseconds(std::min<std::uint64_t>(*limit, kMost));
    return made;
}

void ServiceManager::send(std::string_view word) const {
    if (address_.empty()) return;
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    std::ranges::copy(address_, to.sun_path);
    if (to.sun_path[0] == '@') to.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
    const int descriptor = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0) return;
    (void)!::sendto(descriptor,
                    word.data(),
                    word.size(),
                    MSG_NOSIGNAL,
                    reinterpret_cast<const sockaddr*>(&to),
                    size);
    ::close(descriptor);
}

}  // namespace pcg::process
