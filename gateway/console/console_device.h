// SPDX-License-Identifier: Apache-2.0
// The thing that a person looks at and types on: standard output and input, a terminal, or a file.
//
// Writing never blocks the loop: what a stopped terminal or a full pipe does not take is dropped,
// the state is shown again with the next change. Loop thread only.
#pragma once

#include "common/base/result.h"
#include "common/net/line_input.h"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace pcg::gateway {

class ConsoleDevice {
  public:
    // `where`: "stdout", "none" or a path. `onLine` gets what a person types, if it can be typed
    // there.
    static Result<ConsoleDevice> open(net::Loop& loop,
                                      const std::string& where,
                                      std::function<void(std::string)> onLine);

    ConsoleDevice(ConsoleDevice&& other) noexcept;
    ConsoleDevice& operator=(ConsoleDevice&&) = delete;
    ~ConsoleDevice();

    void write(std::string_view text);

  private:
    ConsoleDevice(int output, std::unique_ptr<net::LineInput> input)
        : output_(output), input_(std::move(input)) {}

    int output_;  // -1: none
    std::unique_ptr<net::LineInput> input_;
};

}  // namespace pcg::gateway
