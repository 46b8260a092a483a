// SPDX-License-Identifier: Apache-2.0
#include "gateway/console/console_device.h"

#include "gateway/errc.h"

#include <cerrno>
#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

namespace pcg::gateway {
namespace {

// Opening it anew gives a description of our own: O_NONBLOCK on the inherited one would change it
// for the shell that shares it as well. Sockets cannot be opened so; then the inherited one is used
// as it is.
int reopen(int descriptor, int flags) {
    const auto path = "/proc/self/fd/" + std::to_string(descriptor);
    const int opened = ::open(path.c_str(), flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    return opened >= 0 ? opened : ::fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
}

}  // namespace

Result<ConsoleDevice> ConsoleDevice::open(net::Loop& loop,
                                          const std::string& where,
                                          std::function<void(std::string)> onLine) {
    if (where == "none") return ConsoleDevice(-1, nullptr);
    // In the background of a shell, reading the terminal would stop the whole process.
    std::signal(SIGTTIN, SIG_IGN);
    if (where == "stdout") {
        const int input = reopen(STDIN_FILENO, O_RDONLY);
        return ConsoleDevice(
            reopen(STDOUT_FILENO, O_WRONLY | O_APPEND),
            input < 0 ? nullptr : std::make_unique<net::LineInput>(loop, input, std::move(onLine)));
    }
    const int output = ::open(
        where.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0600);
    if (output < 0) {
        return fail(errc::kHostSystem,
                    "The console " + where + " cannot be opened: " + std::strerror(errno) +
                        ". Set \"console\" to stdout, none, or a path that can be written.");
    }
    if (::isatty(output) == 0) return ConsoleDevice(output, nullptr);
    const int input = ::open(where.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    return ConsoleDevice(
        output,
        input < 0 ? nullptr : std::make_unique<net::LineInput>(loop, input, std::move(onLine)));
}

ConsoleDevice::ConsoleDevice(ConsoleDevice&& other) noexcept
    : output_(std::exchange(other.output_, -1)), input_(std::move(other.input_)) {}

ConsoleDevice::~ConsoleDevice() {
    if (output_ >= 0) ::close(output_);
}

void ConsoleDevice::write(std::string_view text) {
    while (output_ >= 0 && !text.empty()) {
        const auto written = ::write(output_, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}

}  // namespace pcg::gateway
