// SPDX-License-Identifier: Apache-2.0
// Lines typed by a person, read on the loop: the answers on a gateway's console.
//
// Works on terminals and pipes; on anything that cannot be waited for (a regular file, /dev/null)
// no line ever comes. A line longer than kMaxLine ends the reading. Destroying it stops it.
#pragma once

#include "common/net/asio.h"

#include <functional>
#include <memory>
#include <string>

namespace pcg::net {

class LineInput {
  public:
    static constexpr std::size_t kMaxLine = 256;

    // Takes over the descriptor. `onLine` runs on the loop, without the line's end.
    LineInput(Loop& loop, int descriptor, std::function<void(std::string)> onLine);
    ~LineInput();
    LineInput(const LineInput&) = delete;
    LineInput& operator=(const LineInput&) = delete;

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace pcg::net
