// SPDX-License-Identifier: Apache-2.0
#include "appliance/admin/serial_line.h"

#include "common/base/bytes.h"
#include "common/codec/base64.h"
#include "common/crypto/digest.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <unistd.h>

namespace pcg::appliance {
namespace {

constexpr std::size_t kColumns = 76;
constexpr std::size_t kMaxTyped = 1024;
constexpr std::size_t kMaxLine = 256;
constexpr std::string_view kNextStep =
    " Give the VM a serial port at the hypervisor (one that writes to a file will do), restart it, "
    "and try again.";

class Port {
  public:
    explicit Port(const std::string& device)
        : value_(::open(device.c_str(), O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)) {}

    ~Port() {
        if (value_ >= 0) ::close(value_);
    }

    Port(const Port&) = delete;
    Port& operator=(const Port&) = delete;

    int value() const { return value_; }

  private:
    int value_;
};

tl::unexpected<Error> noPort(const std::string& device, int why) {
    return fail(kNoSerialPort,
                "The serial port " + device + " cannot be written to (" + std::strerror(why) +
                    ")." + std::string(kNextStep));
}

}  // namespace

std::optional<std::string> TypedLines::whole() {
    const auto end = typed_.find_first_of("\r\n");
    if (end == std::string::npos) return std::nullopt;
    auto line = typed_.substr(0, std::min(end, kMaxLine));
    typed_.erase(0, end + 1);
    return line;
}

std::optional<std::string> TypedLines::next(std::chrono::milliseconds wait) {
    if (auto line = whole()) return line;
    const auto limit = static_cast<int>(wait.count());
    pollfd waiting{descriptor_, POLLIN, 0};
    if (::poll(&waiting, 1, limit) <= 0) return std::nullopt;
    std::array<char, kMaxLine> piece{};
    const auto got = ::read(descriptor_, piece.data(), piece.size());
    if (got <= 0) {
        // Ctrl-D, or nobody will ever type again: the terminal does not say which.
        ::poll(nullptr, 0, limit);
        return std::nullopt;
    }
    typed_.append(piece.data(), static_cast<std::size_t>(got));
    auto line = whole();
    if (!line && typed_.size() > kMaxTyped) typed_.resize(kMaxLine);  // its end may still come
    return line;
}

SharedLine::SharedLine(int descriptor) : descriptor_(descriptor) {
    while (::flock(descriptor_, LOCK_EX) != 0 && errno == EINTR) {
    }
}

SharedLine::~SharedLine() { ::flock(descriptor_, LOCK_UN); }

std::string asLines(std::string_view archive) {
    const auto text = codec::base64Encode(asBytes(archive));
    std::string lines = "\n-----BEGIN PCG SUPPORT BUNDLE-----\n";
    for (std::size_t at = 0; at < text.size(); at += kColumns)
        lines += text.substr(at, kColumns) + "\n";
    return lines + "-----END PCG SUPPORT BUNDLE----- sha256 " +
           toHex(crypto::sha256(asBytes(archive))) + "\n";
}

Result<> writeToPort(const std::string& device,
                     std::string_view text,
                     std::chrono::milliseconds patience) {
    const Port port(device);
    if (port.value() < 0) return noPort(device, errno);
    const SharedLine alone(port.value());
    while (!text.empty()) {
        const auto written = ::write(port.value(), text.data(), text.size());
        if (written > 0) {
            text.remove_prefix(static_cast<std::size_t>(written));
            continue;
        }
        if (written < 0 && errno == EINTR) continue;
        if (written < 0 && errno != EAGAIN) return noPort(device, errno);
        pollfd waiting{port.value(), POLLOUT, 0};
        if (::poll(&waiting, 1, static_cast<int>(patience.count())) == 0) {
            return fail(kSerialStuck,
                        "The serial port " + device +
                            " takes nothing more: is somebody reading at its other end?");
        }
    }
    return {};
}

}  // namespace pcg::appliance
