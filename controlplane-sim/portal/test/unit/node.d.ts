// SPDX-License-Identifier: Apache-2.0
// As much of Node's interface as the tests use; its type package is not worth its size.

declare module "node:test" {
  export function test(name: string, body: () => unknown): void;
}

declare module "node:fs" {
  export function readFileSync(path: string, encoding: "utf8"): string;
}

declare module "node:assert/strict" {
  interface Assert {
    equal(actual: unknown, expected: unknown, message?: string): void;
    notEqual(actual: unknown, expected: unknown, message?: string): void;
    deepEqual(actual: unknown, expected: unknown, message?: string): void;
    match(text: string, pattern: RegExp): void;
    throws(body: () => unknown, expected: unknown, message?: string): void;
    rejects(promise: Promise<unknown>, expected: unknown, message?: string): Promise<void>;
    ok(value: unknown, message?: string): asserts value;
  }
  const assert: Assert;
  export default assert;
}

declare const process: { env: Record<string, string | undefined> };
