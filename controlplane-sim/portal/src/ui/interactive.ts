// SPDX-License-Identifier: Apache-2.0
// When the first page stood there with its handlers, as a mark in the browser's own timeline (`./dev bench portal`).

const NAME = "pcg.interactive";

export function markInteractive(): void {
  if (performance.getEntriesByName(NAME).length === 0) performance.mark(NAME);
}
