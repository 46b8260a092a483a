// SPDX-License-Identifier: Apache-2.0
// The gateway's side of the conversation with the person in front of it: shows every state once,
// asks the one question, takes the answer from the keyboard or from pcgctl.
//
// It is also what the control socket reads the pairing's state from. A running countdown is
// repeated every kRemind. Loop thread only.
#pragma once

#include "gateway/console/console_device.h"
#include "gateway/console/pairing_status.h"
#include "gateway/console/screen.h"

#include <functional>
#include <memory>
#include <optional>

namespace pcg::gateway {

class OperatorConsole {
  public:
    static constexpr std::chrono::seconds kRemind{60};

    // Where `where` is as in ConsoleDevice::open.
    static Result<std::unique_ptr<OperatorConsole>> open(net::Loop& loop,
                                                         const Clock& clock,
                                                         const std::string& where,
                                                         ScreenFacts facts);
    ~OperatorConsole();
    OperatorConsole(const OperatorConsole&) = delete;
    OperatorConsole& operator=(const OperatorConsole&) = delete;

    void setGatewayId(std::string gatewayId);
    void showBanner();

    // Printed if it differs from what is shown.
    void show(PairingStatus status);

    const PairingStatus& status() const { return status_; }

    // What the tenant may administer, when the person has said it.
    using Decided = std::function<void(bool accept, std::optional<RemoteAccess> remote)>;

    // Who is told of a yes or no; at most once per question. After a typed "y" comes the question
    // for the rights, and the decision after its answer.
    void onDecision(Decided callback) { decided_ = std::move(callback); }

    // gateway.nothing_to_confirm when nothing is asked now.
    Result<> decide(bool accept, std::optional<RemoteAccess> remote = std::nullopt);

  private:
    OperatorConsole(net::Loop& loop, const Clock& clock, ScreenFacts facts);

    void typed(const std::string& line);
    void typedRights(const std::string& word);
    void print();
    void remindLater();
    std::chrono::seconds left() const;

    const Clock& clock_;
    ScreenFacts facts_;
    PairingStatus status_;
    std::string shown_;  // without the countdown
    std::optional<ConsoleDevice> device_;
    Decided decided_;
    bool answered_ = false;
    bool asksRights_ = false;  // the yes was typed
    net::Timer reminder_;
};

}  // namespace pcg::gateway
