// SPDX-License-Identifier: Apache-2.0
#include "common/net/line_input.h"

#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <array>

#include <unistd.h>

namespace pcg::net {

struct LineInput::State : std::enable_shared_from_this<State> {
    State(Loop& loop, std::function<void(std::string)> onLine_)
        : input(loop), onLine(std::move(onLine_)) {}

    void read() {
        input.async_read_some(asio::buffer(chunk),
                              [self = shared_from_this()](auto error, std::size_t count) {
                                  if (!error && self->take(count)) self->read();
                              });
    }

    // False when there is nothing more to be read.
    bool take(std::size_t count) {
        for (const char c : std::string_view(chunk.data(), count)) {
            if (!input.is_open()) return false;
            if (c != '\n') {
                line.push_back(c);
                if (line.size() > kMaxLine) return false;
                continue;
            }
            if (line.ends_with('\r')) line.pop_back();
            if (onLine) onLine(std::exchange(line, {}));
        }
        return input.is_open();
    }

    asio::posix::basic_stream_descriptor<Executor> input;
    std::function<void(std::string)> onLine;
    std::array<char, kMaxLine> chunk{};
    std::string line;
};

LineInput::LineInput(Loop& loop, int descriptor, std::function<void(std::string)> onLine)
    : state_(std::make_shared<State>(loop, std::move(onLine))) {
    boost::system::error_code error;
    state_->input.assign(descriptor, error);
    if (error) {
        ::close(descriptor);
        return;
    }
    state_->read();
}

LineInput::~LineInput() {
    state_->onLine = nullptr;
    boost::system::error_code ignored;
    state_->input.close(ignored);
}

}  // namespace pcg::net
