// SPDX-License-Identifier: Apache-2.0
// Every message of PCG-PAIR-1 (docs/protocol/pairing.md), as a value that was checked: parse() is
// the only way from bytes, write() the only way to bytes. Hashes are over the bytes as received,
// never over what write() would make of a parsed value. At most 16 KiB a message (a bundle: 64
// KiB), version 1, duplicate members refused, unknown members ignored unless `crit` is there.
// Errors are pairing.message, pairing.version, codec.json and codec.json_field.
#pragma once

#include "pairing/claim_messages.h"       // IWYU pragma: export
#include "pairing/enrollment_messages.h"  // IWYU pragma: export
#include "pairing/offer_messages.h"       // IWYU pragma: export
#include "pairing/relay_messages.h"       // IWYU pragma: export
#include "pairing/release_messages.h"     // IWYU pragma: export
#include "pairing/renew_messages.h"       // IWYU pragma: export
