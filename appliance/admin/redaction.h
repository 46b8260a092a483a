// SPDX-License-Identifier: Apache-2.0
// Takes out of a text what nobody else may read, before it leaves the machine: by names (password=,
// "token":, Authorization:), by shapes (private keys, JWTs, nkey seeds, pairing codes, passwords in
// an address), and, as a net under all that, long words that look drawn by lot. What it takes too
// much is no loss: times, ids and addresses stay. Forty hex digits and more are a secret's or a
// digest's, and look the same: they stay only close behind a word that says digest (sha256,
// fingerprint, chain...). Shorter ones (machine, boot and instance ids, addresses in /proc) stay.
// Pure.
#pragma once

#include <string>
#include <string_view>

namespace pcg::appliance {

inline constexpr std::string_view kRedacted = "[redacted]";

std::string redacted(std::string_view text);

}  // namespace pcg::appliance
