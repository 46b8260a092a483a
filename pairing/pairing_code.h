// SPDX-License-Identifier: Apache-2.0
// The code that a person reads on the gateway's console and types elsewhere: NNNN-SSSS-SSSC, twelve
// symbols of Crockford's base32. Four name the offer (20 bits, public), seven are the secret (35
// bits), the last is a check symbol over GF(32), so that any one wrong symbol and any two swapped
// ones are found where they are typed, before anything is sent.
//
// Reading is kind to people and strict about the rest: case, blanks, dashes of every kind,
// full-width forms and the look-alikes O/0, I/L/1, U/V are taken; then there must be exactly twelve
// symbols and a right check symbol. Each rule has its own error code (pairing.code_*) and sentence.
// The code is a secret: it is wiped, never logged, and cannot be printed by accident.
#pragma once

#include "common/base/random.h"
#include "common/base/result.h"
#include "common/base/secret.h"

#include <string>
#include <string_view>

namespace pcg::pairing {

class PairingCode {
  public:
    static PairingCode generate(Random& random);
    static Result<PairingCode> parse(std::string_view typed);

    // The public part; the only one that is ever sent.
    std::string nameplate() const { return std::string(symbols_.revealText().substr(0, 4)); }

    // All eleven data symbols, ASCII: what the PAKE takes as its password.
    BytesView password() const { return symbols_.reveal().first(11); }

    // "7K3M-Q9TD-X4WS", for the console.
    Secret shown() const;

    PairingCode clone() const { return PairingCode(symbols_.clone()); }

  private:
    explicit PairingCode(Secret symbols) : symbols_(std::move(symbols)) {}

    Secret symbols_;  // twelve
};

// The check symbol of eleven data symbols, each 0..31: sum of alpha^(i+1) * d_i over GF(2^5) with
// x^5 + x^2 + 1 and alpha = 2.
std::uint8_t checkValue(BytesView values);

}  // namespace pcg::pairing
