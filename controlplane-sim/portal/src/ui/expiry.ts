// SPDX-License-Identifier: Apache-2.0
// How long a credential lives, as a choice.

const DAY = 86_400;

export const LIFETIMES = [
  { value: "", label: "Never expires" },
  { value: String(DAY), label: "1 day" },
  { value: String(7 * DAY), label: "7 days" },
  { value: String(30 * DAY), label: "30 days" },
  { value: String(90 * DAY), label: "90 days" },
  { value: String(365 * DAY), label: "1 year" },
];

/** The member of a request, or none of it. */
export function lifetime(value: string): { expires_in_s?: number } {
  return value === "" ? {} : { expires_in_s: Number(value) };
}
