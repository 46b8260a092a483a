// SPDX-License-Identifier: Apache-2.0
// Text of others without what reorders, hides or breaks a line. Whatever the API answers passes here before a page sees
// it; how much of it is shown is the page's part (ui/visible.ts).

// Controls, formats (bidirectional marks, zero-width characters), private use, unassigned; fillers that show nothing.
const HIDDEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufe00-\ufe0f]/gu;

/** Line breaks and tabs become blanks. */
export function neutral(text: string): string {
  return text
    .replaceAll("\ufeff", "") // JavaScript calls this mark a blank
    .replace(/[\s\u0085]/gu, " ")
    .replace(HIDDEN, "")
    .replace(/(\p{M}{2})\p{M}+/gu, "$1");
}

/** For JSON.parse: every text and every member's name in an answer, neutral. */
export function neutralValue(_name: string, value: unknown): unknown {
  if (typeof value === "string") return neutral(value);
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [neutral(name), member]));
}
