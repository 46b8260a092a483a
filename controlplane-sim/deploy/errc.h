// SPDX-License-Identifier: Apache-2.0
// What a cloud can answer to a deployment, and what a deployment can refuse.
#pragma once

#include "common/base/error.h"

namespace pcg::controlplane::deploy {

// Answers that the state machine decides by; anything else counts by its class.
inline constexpr ErrorCode kNameInUse{ErrorClass::Input, "deploy.name_in_use"};
inline constexpr ErrorCode kGone{ErrorClass::Input, "deploy.gone"};
inline constexpr ErrorCode kPowerState{ErrorClass::Input, "deploy.power_state"};
inline constexpr ErrorCode kInstallFailed{ErrorClass::Input, "deploy.install_failed"};
inline constexpr ErrorCode kRejected{ErrorClass::Input, "deploy.rejected"};
inline constexpr ErrorCode kNotSent{ErrorClass::Weather, "deploy.not_sent"};  // surely not executed
inline constexpr ErrorCode kWeather{ErrorClass::Weather, "deploy.weather"};

// What a request is refused with.
inline constexpr ErrorCode kInvalid{ErrorClass::Input, "deploy.invalid"};
inline constexpr ErrorCode kQuota{ErrorClass::Input, "deploy.quota"};
inline constexpr ErrorCode kNoSuchDeployment{ErrorClass::Input, "deploy.not_found"};
inline constexpr ErrorCode kDeploymentName{ErrorClass::Input, "deploy.deployment_name"};
inline constexpr ErrorCode kBeingDeleted{ErrorClass::Input, "deploy.being_deleted"};
inline constexpr ErrorCode kNotDeleting{ErrorClass::Input, "deploy.not_deleting"};
inline constexpr ErrorCode kNoAccessKey{ErrorClass::Input, "deploy.no_access_key"};

}  // namespace pcg::controlplane::deploy
