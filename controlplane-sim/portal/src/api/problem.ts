// SPDX-License-Identifier: Apache-2.0

import { neutralValue } from "./neutral.ts";

const MAX_DETAIL = 1000;

/** A refusal of the API (RFC 9457), or that it could not be reached at all (status 0). */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    /** The member of the request that is wrong, as a path. */
    readonly field: string | null = null,
    readonly retryAfterMs: number | null = null,
  ) {
    super(detail);
  }
}

export function unreachable(): Problem {
  return new Problem(0, "portal.unreachable", "The control plane does not answer. Check your connection and try again.");
}

export async function problemOf(response: Response): Promise<Problem> {
  const seconds = Number(response.headers.get("Retry-After"));
  const wait = seconds > 0 ? seconds * 1000 : null;
  try {
    const body = JSON.parse(await response.text(), neutralValue) as Record<string, unknown>;
    const text = (name: string) => (typeof body[name] === "string" ? body[name] : null);
    const detail = text("detail") ?? text("title") ?? `The control plane answered with ${response.status}.`;
    return new Problem(response.status, text("code") ?? "", detail.slice(0, MAX_DETAIL), text("field"), wait);
  } catch {
    return new Problem(response.status, "", `The control plane answered with ${response.status}.`, null, wait);
  }
}

/** Whatever was thrown, as something to show. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return new Problem(0, "portal.error", error instanceof Error ? error.message : String(error));
}
