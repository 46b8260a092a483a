// SPDX-License-Identifier: Apache-2.0
#include "gateway/console/operator_console.h"

#include "common/base/text.h"
#include "gateway/errc.h"

namespace pcg::gateway {

OperatorConsole::OperatorConsole(net::Loop& loop, const Clock& clock, ScreenFacts facts)
    : clock_(clock), facts_(std::move(facts)), reminder_(loop.get_executor()) {}

OperatorConsole::~OperatorConsole() = default;

Result<std::unique_ptr<OperatorConsole>> OperatorConsole::open(net::Loop& loop,
                                                               const Clock& clock,
                                                               const std::string& where,
                                                               ScreenFacts facts) {
    std::unique_ptr<OperatorConsole> console(new OperatorConsole(loop, clock, std::move(facts)));
    // The device is a member: no line comes after the console is gone.
    auto device = PCG_TRY(ConsoleDevice::open(
        loop, where, [raw = console.get()](const std::string& line) { raw->typed(line); }));
    console->device_.emplace(std::move(device));
    return console;
}

void OperatorConsole::setGatewayId(std::string gatewayId) {
    facts_.gatewayId = std::move(gatewayId);
}

void OperatorConsole::showBanner() { device_->write(banner(facts_)); }

std::chrono::seconds OperatorConsole::left() const {
    if (!status_.expires) return std::chrono::seconds(0);
    return std::chrono::duration_cast<std::chrono::seconds>(*status_.expires - clock_.now() +
                                                            std::chrono::milliseconds(500));
}

void OperatorConsole::show(PairingStatus status) {
    const auto next = screen(facts_, status, std::chrono::seconds(0));
    status_ = std::move(status);
    if (next == shown_) return;
    shown_ = next;
    answered_ = false;
    asksRights_ = false;
    print();
}

void OperatorConsole::print() {
    device_->write("\n" + screen(facts_, status_, left()));
    remindLater();
}

void OperatorConsole::remindLater() {
    reminder_.cancel();
    if (status_.state != PairingState::Offered && status_.state != PairingState::Confirm) return;
    reminder_.expires_after(kRemind);
    reminder_.async_wait([this](const auto& error) {
        if (error || left() <= std::chrono::seconds(0)) return;
        device_->write("(" + countdown(left()) + " left)\n");
        remindLater();
    });
}

void OperatorConsole::typed(const std::string& line) {
    const auto word = toLowerAscii(trimAscii(line));
    if (asksRights_) return typedRights(word);
    if (word.empty()) return;
    const bool yes = word == "y" || word == "yes";
    if (!yes && word != "n" && word != "no") {
        device_->write("Type y or n.\n");
        return;
    }
    if (yes && status_.state == PairingState::Confirm && !answered_) {
        asksRights_ = true;
        device_->write(rightsQuestion(facts_, status_));
        return;
    }
    if (const auto taken = decide(yes); !taken) device_->write(taken.error().message() + "\n");
}

void OperatorConsole::typedRights(const std::string& word) {
    const auto remote = parseRemoteWord(word);
    if (!remote && !word.empty()) {
        device_->write("Type nothing, endpoints, keys or all.\n");
        return;
    }
    if (const auto taken = decide(true, remote); !taken)
        device_->write(taken.error().message() + "\n");
}

Result<> OperatorConsole::decide(bool accept, std::optional<RemoteAccess> remote) {
    asksRights_ = false;
    if (status_.state != PairingState::Confirm || answered_) {
        return fail(errc::kNothingToConfirm,
                    "No tenant asks to own this gateway now. See: pcgctl pairing show.");
    }
    answered_ = true;
    if (decided_) decided_(accept, remote);
    return {};
}

}  // namespace pcg::gateway
