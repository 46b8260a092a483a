// SPDX-License-Identifier: Apache-2.0

/** Why a pairing cannot go on; `code` is one of the names of pairing/errc.h. */
export class PairingError extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}
