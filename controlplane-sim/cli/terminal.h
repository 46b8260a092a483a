// SPDX-License-Identifier: Apache-2.0
// What `pcg pair` prints, for people or as JSON lines, and the one answer that it reads. Nothing
// that a stranger chose reaches the terminal as it came.
#pragma once

#include "common/net/asio.h"
#include "controlplane-sim/cli/pair_command.h"

#include <atomic>
#include <functional>
#include <string>
#include <thread>

namespace pcg::controlplane::cli {

// Reads one line of stdin on a thread of its own, so that the loop goes on meanwhile; the thread
// looks up five times a second and ends with this object. End of input counts as "no".
class AnswerReader {
  public:
    explicit AnswerReader(net::Loop& loop) : loop_(loop) {}

    ~AnswerReader();

    void read(std::function<void(bool yes)> onAnswer);  // once

  private:
    void readLine(const std::function<void(bool)>& onAnswer);

    net::Loop& loop_;
    std::atomic<bool> stopped_{false};
    std::thread thread_;
};

class Terminal final : public PairOutput {
  public:
    Terminal(bool json, AnswerReader& reader) : json_(json), reader_(reader) {}

    void onAnswer(std::function<void(bool yes)> callback) { onAnswer_ = std::move(callback); }

    void progress(std::string_view sentence, std::string_view state) override;
    void ask(const pairing::Comparison& comparison) override;
    void paired(const std::string& gatewayId) override;
    void failed(const Error& error) override;

  private:
    bool json_;
    AnswerReader& reader_;
    std::function<void(bool)> onAnswer_;
};

// One line on stdout, at once.
void printLine(const std::string& line);

}  // namespace pcg::controlplane::cli
