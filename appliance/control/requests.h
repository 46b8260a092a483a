// SPDX-License-Identifier: Apache-2.0
// What may be asked of the machine on its control socket, one JSON object for a request:
//
//   {"do":"show"}                       values, where each comes from, no passwords
//   {"do":"set","values":{NAME: TEXT or null},"within_s":120,"keep":false,"force":false}
//   {"do":"reboot"}  {"do":"power-off"}
//   {"do":"factory-reset","confirm":"factory-reset"}
//   {"do":"journal"}
//   {"do":"pin-state"}  {"do":"pin-set","pin":TEXT}  {"do":"pin-check","pin":TEXT}
//   {"do":"pin-remove"}
//
// Values of "set" that can cut the way to the control plane are tried first: see trial.h. "keep"
// leaves that out. Values with something wrong are refused unless "force"; "warning":true stands in
// the problems whose value is used all the same. Who may open the socket may ask all of it: the
// console and pcgctl over SSH.
#pragma once

#include "appliance/control/machine_port.h"

namespace pcg::appliance {

inline constexpr ErrorCode kBadRequest{ErrorClass::Input, "appliance.request"};
inline constexpr ErrorCode kBusy{ErrorClass::Weather, "appliance.busy"};
inline constexpr ErrorCode kWrong{ErrorClass::Input, "appliance.wrong_value"};
inline constexpr ErrorCode kReverted{ErrorClass::Weather, "appliance.reverted"};

inline constexpr std::string_view kControlSocket = "/run/pcg/admin/control.sock";
inline constexpr ByteCount kMaxRequest = 256_KiB;
inline constexpr ByteCount kMaxReply = 2_MiB;
inline constexpr std::string_view kFactoryResetWord = "factory-reset";

// {"ok":true,...}, of "set" with "notes":[TEXT...] where something is to be said, or
// {"ok":false,"code","message","problems":[...]}. Takes as long as a trial does.
codec::json::Object answerRequest(std::string_view request, MachinePort& machine);

}  // namespace pcg::appliance
