// SPDX-License-Identifier: Apache-2.0
// What the broker is given by issuer and authority: its tokens and its certificate, for a child or
// for one that somebody else runs. Blocking.
#pragma once

#include "common/store/state_dir.h"
#include "controlplane-sim/broker/broker_config.h"
#include "controlplane-sim/issuer/issuer.h"
#include "controlplane-sim/pki/pki.h"

#include <string>
#include <vector>

namespace pcg::controlplane {

// Settings without files.
Result<broker::BrokerSettings> brokerTokens(const issuer::Issuer& issuer);

// For the child: with its files, which are written below the state directory.
Result<broker::BrokerSettings> brokerSettings(const store::StateDir& dir,
                                              const issuer::Issuer& issuer,
                                              const Pki& pki,
                                              WallTime now);

// Names and addresses, as they are mixed on the command line.
Result<net::CertificateAndKey> brokerIdentity(const Pki& pki,
                                              const std::vector<std::string>& names,
                                              WallTime now);

}  // namespace pcg::controlplane
