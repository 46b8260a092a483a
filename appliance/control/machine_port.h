// SPDX-License-Identifier: Apache-2.0
// What the machine's administration does to the machine: files, services, power. Behind an
// interface, so that what is decided can be tested without one.
#pragma once

#include "common/base/random.h"
#include "common/codec/json.h"

#include <optional>

#include "appliance/control/overrides.h"
#include "appliance/control/pin.h"

namespace pcg::appliance {

enum class PowerAction { Reboot, PowerOff };

class MachinePort {
  public:
    virtual ~MachinePort() = default;

    virtual SteadyTime now() const = 0;
    virtual WallTime wallNow() const = 0;
    virtual void pause(std::chrono::milliseconds time) = 0;
    virtual Random& random() = 0;

    virtual std::string source() = 0;     // where the import's values were found
    virtual Properties imported() = 0;    // as they are there now
    virtual Overrides overrides() = 0;    // as they are kept
    virtual ImportSeen importSeen() = 0;  // likewise
    virtual Properties running() = 0;     // what apply() was last given, at boot or here

    // Durable, or an error.
    virtual Result<> keepOverrides(const Overrides& overrides, const ImportSeen& seen) = 0;

    // Only one change at a time, over all who ask; false: there is one. Ends with the process.
    virtual bool takeTurn() = 0;

    // Writes the files and starts anew what reads them and has to.
    virtual Result<> apply(const Properties& properties, Effect effect) = 0;
    // Asks the gateway, for `most` at the longest.
    virtual bool linkIsBack(std::chrono::milliseconds most) = 0;
    virtual bool mayBePaired() = 0;  // false: the gateway says that it belongs to nobody

    virtual Result<std::optional<PinRecord>> pin() = 0;
    virtual Result<> keepPin(const std::optional<PinRecord>& record) = 0;

    virtual std::string journal(ByteCount most) = 0;  // the newest lines
    virtual Result<> power(PowerAction action) = 0;

    // Stops the gateway, destroys its keys, marks the data partition to be made anew at the next
    // start.
    virtual Result<> forgetEverything() = 0;

    // A word to whoever asked, on the way; they may have gone.
    virtual void say(const codec::json::Object& word) = 0;
};

}  // namespace pcg::appliance
