// SPDX-License-Identifier: Apache-2.0
// The machine itself: its data partition, its services. Root only.
#pragma once

#include "common/crypto/random.h"

#include "appliance/control/machine_port.h"
#include "appliance/tools/run_tool.h"

namespace pcg::appliance {

class SystemMachine final : public MachinePort {
  public:
    // Below `root` (for tests), else the system's own. `output`: where words go, a line each.
    SystemMachine(std::string root, int output) : root_(std::move(root)), output_(output) {}

    SteadyTime now() const override { return clock_.now(); }

    WallTime wallNow() const override { return clock_.wallNow(); }

    void pause(std::chrono::milliseconds time) override;

    Random& random() override { return random_; }

    std::string source() override;
    Properties imported() override;
    Overrides overrides() override;
    ImportSeen importSeen() override;
    Properties running() override;
    Result<> keepOverrides(const Overrides& overrides, const ImportSeen& seen) override;
    bool takeTurn() override;
    Result<> apply(const Properties& properties, Effect effect) override;
    bool linkIsBack(std::chrono::milliseconds most) override;
    bool mayBePaired() override;
    Result<std::optional<PinRecord>> pin() override;
    Result<> keepPin(const std::optional<PinRecord>& record) override;
    std::string journal(ByteCount most) override;
    Result<> power(PowerAction action) override;
    Result<> forgetEverything() override;
    void say(const codec::json::Object& word) override;

    // Something was applied, by whatever process, that has not said yet that it is decided.
    bool isUndecided() const;
    void decided();  // of what this one applied

  private:
    void readImport();
    bool run(std::vector<std::string> words, std::chrono::seconds limit);
    ToolRun askGateway(std::vector<std::string> words, std::chrono::seconds limit);

    std::string root_;
    int output_;
    SystemClock clock_;
    crypto::SystemRandom random_;
    bool read_ = false;
    bool applied_ = false;
    std::string source_;
    Properties imported_;
    std::vector<Problem> problems_;  // of where they were looked for
};

}  // namespace pcg::appliance
