// SPDX-License-Identifier: Apache-2.0
// Text that a stranger chose, made fit for a line of the page: it may not reorder the line, hide itself or run on.
// The same rules as pairing/tenant_name.h has for consoles.

const MAX_CHARACTERS = 64;

// Controls, formats (bidirectional marks, zero-width characters), private use, unassigned; fillers that show nothing.
const HIDDEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufe00-\ufe0f]/gu;

export function visible(text: string, limit = MAX_CHARACTERS): string {
  const plain = text
    .slice(0, 8192)
    .replaceAll("\ufeff", "") // JavaScript calls this mark a blank
    .replace(/[\s\u0085]+/gu, " ")
    .replace(HIDDEN, "")
    .replace(/(\p{M}{2})\p{M}+/gu, "$1")
    .trim();
  const characters = Array.from(plain);
  if (characters.length === 0) return "(no printable name)";
  return characters.length <= limit ? plain : characters.slice(0, limit - 1).join("") + "\u2026";
}
