// SPDX-License-Identifier: Apache-2.0
// Text that people give and others will read. Pure functions.
#pragma once

#include <string_view>

namespace pcg::controlplane::deploy {

// UTF-8 without control characters and without what turns the direction of text around.
bool isPlainText(std::string_view text);

// "ssh-ed25519 AAAA... comment": a known type, and a key of that type in its base64.
bool isSshPublicKey(std::string_view line);

// How cloud-init recognises what it is given; it ignores anything else without a word.
bool isCloudInit(std::string_view userData);

}  // namespace pcg::controlplane::deploy
