// SPDX-License-Identifier: Apache-2.0
// JSON as PCG-PAIR-1 has it: what JSON.parse takes, less duplicate members (of which it silently keeps the last, where
// another reader may keep the first) and deep nesting.

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;
const MAX_DEPTH = 32;

function refuseDuplicates(text: string): void {
  const open: (Set<string> | null)[] = []; // the members seen so far of each open object; null for an array
  let last = "";
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === "{" || token === "[") {
      open.push(token === "{" ? new Set() : null);
      if (open.length > MAX_DEPTH) throw new SyntaxError("nested too deeply");
    } else if (token === "}" || token === "]") {
      open.pop();
    } else if (token === ":") {
      const name = JSON.parse(last) as string;
      const seen = open.at(-1)!;
      if (seen?.has(name)) throw new SyntaxError("a member is there twice");
      seen?.add(name);
    }
    last = token;
  }
}

/** The object that the text is; throws SyntaxError. */
export function parseObject(text: string): Record<string, unknown> {
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new SyntaxError("not an object");
  refuseDuplicates(text);
  return value as Record<string, unknown>;
}
