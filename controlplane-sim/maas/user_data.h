// SPDX-License-Identifier: Apache-2.0
// What a machine is told by cloud-init: the tenant's user data, and the SSH keys that may come in.
// Pure functions.
#pragma once

#include "common/base/secret.h"

#include <string>
#include <vector>

namespace pcg::controlplane::maas {

// The tenant's own text when there are no keys; a cloud-config of the keys when there is no text;
// else both, as the parts of a MIME message (cloud-init: "User-Data Formats"). The keys are added
// to those that the text names.
Secret userDataOf(const Secret& text, const std::vector<std::string>& sshKeys);

}  // namespace pcg::controlplane::maas
