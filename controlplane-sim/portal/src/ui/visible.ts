// SPDX-License-Identifier: Apache-2.0
// Text that a stranger chose, made fit for a line of the page: it may not reorder the line, hide itself or run on.
// The same rules as pairing/tenant_name.h has for consoles.

import { neutral } from "../api/neutral.ts";

const MAX_CHARACTERS = 64;
// A sentence that the API made around such text.
const MAX_SENTENCE = 500;

export function visible(text: string, limit = MAX_CHARACTERS): string {
  const plain = neutral(text.slice(0, 8192)).replace(/ +/g, " ").trim();
  const characters = Array.from(plain);
  if (characters.length === 0) return "(no printable name)";
  return characters.length <= limit ? plain : characters.slice(0, limit - 1).join("") + "\u2026";
}

/** Sentences, which may be empty. */
export function visibleSentence(text: string): string {
  return text === "" ? "" : visible(text, MAX_SENTENCE);
}
