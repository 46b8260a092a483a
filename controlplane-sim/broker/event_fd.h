// SPDX-License-Identifier: Apache-2.0
// A flag that a thread can wait for together with file descriptors (eventfd(2)). Once set it stays
// set.
#pragma once

#include <chrono>
#include <cstdint>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace pcg::controlplane::broker {

class EventFd {
  public:
    EventFd() : descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

    ~EventFd() { ::close(descriptor_); }

    EventFd(const EventFd&) = delete;
    EventFd& operator=(const EventFd&) = delete;

    void set() const {
        const std::uint64_t one = 1;
        static_cast<void>(!::write(descriptor_, &one, sizeof one));
    }

    bool waitFor(std::chrono::milliseconds limit) const {
        pollfd wanted{descriptor_, POLLIN, 0};
        return ::poll(&wanted, 1, static_cast<int>(limit.count())) > 0;
    }

    bool isSet() const { return waitFor(std::chrono::milliseconds(0)); }

    int descriptor() const { return descriptor_; }

  private:
    int descriptor_;
};

}  // namespace pcg::controlplane::broker
