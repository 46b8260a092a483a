// SPDX-License-Identifier: Apache-2.0
// The members of a message, read with the rules that hold for all messages: a size, version 1, no extension that must
// be understood and is not, and only values of the form that the protocol gives them.

import { type Bytes, fromBase64Url, toText } from "./bytes.ts";
import { PairingError } from "./errors.ts";
import { parseObject } from "./strict_json.ts";

export const MAX_MESSAGE = 16 * 1024;

function wrong(name: string, must: string): PairingError {
  return new PairingError("pairing.message", `A message of the pairing is malformed: "${name}" must be ${must}.`);
}

export class Fields {
  private constructor(private readonly members: Record<string, unknown>) {}

  static open(text: string, maxBytes = MAX_MESSAGE): Fields {
    if (text.length > maxBytes) {
      throw new PairingError("pairing.message", "A message of the pairing is larger than the protocol allows.");
    }
    let members;
    try {
      members = parseObject(text);
    } catch {
      throw new PairingError("pairing.message", "A message of the pairing is not the JSON that the protocol has.");
    }
    const fields = new Fields(members);
    const needed = members["crit"];
    if (members["v"] !== 1 || (needed !== undefined && !(Array.isArray(needed) && needed.length === 0))) {
      throw new PairingError(
        "pairing.version",
        "A message of the pairing is of a version that this page does not speak. Reload the page; if it comes again, " +
          "update the gateway.",
      );
    }
    return fields;
  }

  /** The members of an object inside a message; it carries no version of its own. */
  static of(value: unknown, name: string): Fields {
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrong(name, "an object");
    return new Fields(value as Record<string, unknown>);
  }

  object(name: string): Fields {
    return Fields.of(this.members[name], name);
  }

  text(name: string, maxLength: number): string {
    const value = this.members[name];
    if (typeof value !== "string" || value.length > maxLength) throw wrong(name, `text of at most ${maxLength}`);
    return value;
  }

  matching(name: string, pattern: RegExp): string {
    const value = this.text(name, 256);
    if (!pattern.test(value)) throw wrong(name, "of another form");
    return value;
  }

  oneOf<T extends string>(name: string, ...choices: T[]): T {
    const value = this.members[name] as T;
    if (!choices.includes(value)) throw wrong(name, `one of ${choices.join(", ")}`);
    return value;
  }

  flag(name: string): boolean {
    const value = this.members[name];
    if (typeof value !== "boolean") throw wrong(name, "true or false");
    return value;
  }

  integer(name: string, low: number, high: number): number {
    const value = this.members[name];
    if (!Number.isSafeInteger(value) || (value as number) < low || (value as number) > high) {
      throw wrong(name, `a whole number from ${low} to ${high}`);
    }
    return value as number;
  }

  list(name: string, maxItems: number): unknown[] {
    const value = this.members[name];
    if (!Array.isArray(value) || value.length > maxItems) throw wrong(name, `a list of at most ${maxItems}`);
    return value;
  }

  bytes(name: string, maxSize: number): Bytes {
    try {
      const bytes = fromBase64Url(this.text(name, Math.ceil((maxSize * 4) / 3)));
      if (bytes.length <= maxSize) return bytes;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
    throw wrong(name, "canonical base64url");
  }

  sized(name: string, size: number): Bytes {
    const bytes = this.bytes(name, size);
    if (bytes.length !== size) throw wrong(name, `of ${size} octets`);
    return bytes;
  }

  /** A message inside this one, as the exact octets that were sent. */
  raw(name: string): Bytes {
    return this.bytes(name, MAX_MESSAGE);
  }
}

/** The text of a message's octets. */
export function rawText(raw: Bytes): string {
  try {
    return toText(raw);
  } catch {
    throw new PairingError("pairing.message", "A message of the pairing is not UTF-8 text.");
  }
}
