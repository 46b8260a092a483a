// SPDX-License-Identifier: Apache-2.0
// Asks the machine on its control socket (appliance/control/requests.h). Blocking.
#pragma once

#include "common/codec/json.h"

#include <chrono>
#include <functional>
#include <string>

#include "appliance/control/requests.h"

namespace pcg::appliance {

inline constexpr ErrorCode kNoMachine{ErrorClass::Weather, "appliance.no_machine"};
inline constexpr ErrorCode kRefused{ErrorClass::Input, "appliance.refused"};
inline constexpr ErrorCode kCannotWrite{ErrorClass::Weather, "appliance.write"};

class MachineClient {
  public:
    explicit MachineClient(std::string socket = std::string(kControlSocket))
        : socket_(std::move(socket)) {}

    // False on a machine that is not the appliance.
    bool exists() const;

    // The last word, whatever "ok" says; earlier ones go to `onWord`. appliance.no_machine.
    Result<codec::json::Object> ask(
        const codec::json::Object& request,
        std::chrono::seconds limit = std::chrono::seconds(180),
        const std::function<void(const codec::json::Object&)>& onWord = {}) const;

    // The same; "ok":false is an error of the answer's code (appliance.refused: of another one),
    // with its message and the problems', each with its code, behind it.
    Result<codec::json::Object> demand(
        const codec::json::Object& request,
        std::chrono::seconds limit = std::chrono::seconds(180),
        const std::function<void(const codec::json::Object&)>& onWord = {}) const;

  private:
    std::string socket_;
};

// What demand() makes of an answer.
Result<> checked(const codec::json::Object& answer);

// For a person: the code, then the sentence.
std::string coded(const Error& error);

// {"do":WHAT}
codec::json::Object toDo(std::string_view what);

}  // namespace pcg::appliance
